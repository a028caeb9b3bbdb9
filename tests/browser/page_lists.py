"""Every page of the console that axe-core looks at, by who reads it.

A test in tests/unit/console compares these with the application's list: a new page belongs into one of them.
"""

from typing import Final
from uuid import UUID

from services.console.entrypoints.pages.audit.question_list import EVERY_QUESTION

_NOBODYS: Final = UUID(int=1)
"""Of a request that nobody has made: its pages are there all the same, and say what they would do."""

NOWHERE: Final = ("/nowhere", "/there-is-nothing-here")
"""Where there is no page, which is said on one."""
PUBLIC: Final = (
    *("/", "/services", "/services?q=xylophone", "/services?sector=LEGAL&open=yes", "/map", "/nowhere"),
    *("/receipt", "/complaint"),
)
SIGNING_IN: Final = ("/sign-in", "/password", "/authenticator", "/there-is-nothing-here")
COORDINATION: Final = (
    "/coordination",
    "/coordination/demand",
    "/coordination/response-times",
    "/coordination/waiting-lists",
    "/coordination/gaps",
    "/coordination/overdue",
    "/coordination/overdue/cases",
)
ADMINISTRATION: Final = (
    "/admin",
    "/admin/agencies",
    "/admin/agencies/new",
    "/admin/accounts",
    "/admin/accounts/new",
    "/admin/agreements",
    "/admin/certificates",
    "/admin/notices",
    "/admin/codes",
    "/admin/health",
)
PARTNER: Final = (
    "/partner",
    "/partner/held",
    "/partner/services",
    "/partner/services/new",
    "/partner/members",
    "/partner/members/new",
    "/partner/withdrawals",
)
AUDIT: Final = (
    *("/audit", "/audit/entries", "/audit/entries?about=x", "/audit/referrals", "/audit/people?id=x"),
    *(
        "/audit/questions",
        "/audit/export",
        "/audit/questions/states/entries",
        "/audit/questions/fairness/new",
    ),
    *(f"{one.path}?ask=1" for one in EVERY_QUESTION),
    f"/audit/rights/{_NOBODYS}/export",
    f"/audit/rights/{_NOBODYS}/erasure",
    "/audit/entries/0",
)


COMPLAINTS: Final = ("/complaints", "/complaints?view=overdue", "/complaints?view=all", "/complaints/new")


def of_complaints(*complaint_ids: str) -> tuple[str, ...]:
    """The pages on which complaints are read and answered."""
    return (*COMPLAINTS, *(f"/complaints/{one}" for one in complaint_ids))


def of_a_service(service_id: str) -> tuple[str, ...]:
    """The public's page of a service."""
    return (f"/services/{service_id}",)


def of_a_case(person: str, referral: str, need_id: str) -> tuple[str, ...]:
    """Every page of the desk that shows a person with a need, and those that show nobody.

    Args:
        person: the address of the person's page.
        referral: the address of the referral's page.
    """
    return (
        "/home",
        "/notices",
        "/desk",
        "/desk/cases",
        "/desk/people",
        "/desk/people/new",
        "/desk/drafts",
        person,
        f"{person}/edit",
        f"{person}/workers",
        f"{person}/needs",
        f"{person}/needs/{need_id}/withdraw",
        f"{person}/contacts",
        f"{person}/story",
        f"{person}/consents",
        f"{person}/consents/new?for={referral.rpartition('/')[2]}",
        f"{person}/consents/said",
        f"{person}/consents/withdraw",
        f"{person}/receipt",
        f"{person}/complaint",
        "/complaints/new",
        referral,
        f"{referral}/call",
        f"{referral}/cancel",
        "/sign-out",
    )


def of_an_agency(
    service_id: str, activity: str, recall_id: str, member_id: str, *referral_ids: str
) -> tuple[str, ...]:
    """Pages of an agency's people with something in them.

    Args:
        activity: the address of the page of a course, as it goes on behind that of services.
    """
    service = f"/partner/services/{service_id}"
    return (
        "/partner",
        "/partner/held",
        "/partner/held?state=COMPLETED",
        *(f"/partner/referrals/{one}" for one in referral_ids),
        "/partner/services",
        service,
        f"{service}/activities/new",
        f"/partner/services/{activity}",
        "/partner/services/new",
        "/partner/services/new?service_type=TRANSITIONAL_HOUSING",
        "/partner/refer",
        "/partner/withdrawals",
        "/partner/withdrawals?view=all",
        f"/partner/withdrawals/{recall_id}",
        "/partner/members",
        "/partner/members/new",
        f"/partner/members/{member_id}",
    )


def of_a_history(referral_id: str, person_id: str) -> tuple[str, ...]:
    """Auditors' pages of a referral and of whom it is about."""
    asked = f"referral={referral_id}&ask=1"
    return (
        *(f"/audit/questions/{name}?{asked}" for name in ("directory", "why")),
        f"/audit/referrals/{referral_id}",
        f"/audit/people/{person_id}",
    )


def of_an_office(access_request: str, erasure_request: str, certificate_id: str) -> tuple[str, ...]:
    """The pages on which a data protection officer decides, with something to decide on them."""
    return (
        *("/audit", "/audit/emergencies", "/audit/accesses"),
        *("/audit/recalls", "/audit/recalls?view=all"),
        *("/audit/rights", "/audit/rights?view=overdue", "/audit/rights?view=all"),
        f"/audit/rights/{access_request}/export",
        f"/audit/rights/{erasure_request}/erasure",
        f"/audit/erasures/{certificate_id}",
    )


def of_a_register(agency_id: str, notice: str, *account_ids: str) -> tuple[str, ...]:
    """The pages on which operators keep one agency and accounts, and decide on what could not be taken."""
    return (
        "/admin/health/referral",
        f"/admin/agencies/{agency_id}",
        f"/admin/notices/{notice}",
        f"/admin/accounts?agency={agency_id}",
        *(f"/admin/accounts/{one}" for one in account_ids),
    )


_ID: Final = str(_NOBODYS)
EVERY: Final = (
    *(*PUBLIC, *SIGNING_IN, *COORDINATION, *ADMINISTRATION, *PARTNER, *AUDIT, *of_a_service(_ID)),
    *of_a_case(f"/desk/people/{_ID}", f"/desk/people/{_ID}/referrals/{_ID}", _ID),
    *of_an_agency(_ID, f"{_ID}/activities/{_ID}", _ID, _ID, _ID),
    *of_a_history(_ID, _ID),
    *of_an_office(_ID, _ID, _ID),
    *of_a_register(_ID, _ID, _ID),
    *of_complaints(_ID),
)
"""All of them, with one id for whatever they are about."""
