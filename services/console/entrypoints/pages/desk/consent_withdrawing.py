"""Taking consent back at the desk, as easily as it was given: for one agency, or the whole."""

from datetime import UTC
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from kem.intake.v1 import consent_pb2 as consent
from kem.intake.v1 import intake_service_pb2 as messages
from kernel.codes import PURPOSES
from kernel.errors import Conflict, Exhausted, Invalid, RuleBroken, Unavailable
from services.console.adapters.names import Names
from services.console.entrypoints.codes import by_name, named
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.desk.cases import described, directory_of
from services.console.entrypoints.pages.desk.consent_form import field_of
from services.console.entrypoints.pages.desk.consents import known_person
from services.console.entrypoints.pages.desk.roles import DESK
from services.console.entrypoints.pages.desk.story import Directory
from services.console.entrypoints.pages.earlier import happened_typed
from services.console.entrypoints.refusals import words_for

_SENT_AGAIN: Final = (Invalid, RuleBroken, Conflict, Exhausted, Unavailable)
_PAGE: Final = 50
_OPEN: Final = (
    consent.ConsentState.CONSENT_STATE_IN_FORCE,
    consent.ConsentState.CONSENT_STATE_NOT_YET,
    consent.ConsentState.CONSENT_STATE_FROZEN,
)
"""What a withdrawal closes: also what does not count yet, or not for now."""


class ConsentWithdrawing:
    """The page on which consent is taken back."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def page(self) -> Page:
        """At its address."""
        calls = ("WithdrawConsent", "ListConsents", "GetBeneficiary")
        names = ("DirectoryService/ListAgencies", "DirectoryService/ListServices")
        return Page(
            "/desk/people/{person}/consents/withdraw",
            self.withdraw,
            DESK,
            (*(f"IntakeService/{one}" for one in calls), *names),
            ("GET", "POST"),
        )

    async def withdraw(self, visit: Visit) -> Response:
        """Shows what is open, takes it back, and says what was closed and what stays."""
        known = await known_person(visit)
        still_open = await _open(visit)
        withdrawn = await _withdrawn(visit) if visit.is_sent else None
        directory = await directory_of(visit, self._names)
        return visit.render(
            "desk/withdraw_consent.html",
            title=visit.say("Withdraw consent"),
            code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
            person_id=visit.path_value("person"),
            who=described(known, visit),
            agencies=[
                (
                    one,
                    name,
                    ", ".join(named(PURPOSES, code, visit.language) for code in sorted(still_open[one])),
                )
                for one, name in by_name((one, _name(one, directory)) for one in still_open)
            ],
            done=None if withdrawn is None else _done(visit, withdrawn, still_open, directory),
        )


async def _open(visit: Visit) -> dict[str, set[str]]:
    """By agency for what it may be given something on the person's consent, now or later."""
    found: dict[str, set[str]] = {}
    request = messages.ListConsentsRequest(beneficiary_id=visit.path_value("person"), page_size=_PAGE)
    while True:
        listed = await visit.ask(visit.hub.intake.ListConsents, request)
        for line in (line for one in listed.consents for line in one.grants):
            grant = line.grant
            is_permit = grant.effect == consent.GrantEffect.GRANT_EFFECT_PERMIT
            if is_permit and line.state in _OPEN:
                found.setdefault(grant.agency_id, set()).add(grant.purpose)
        if not listed.next_page_token:
            return found
        request.page_token = listed.next_page_token


async def _withdrawn(visit: Visit) -> messages.WithdrawConsentResponse | None:
    """None where something is to be mended first."""
    form, agency_id, at = visit.form, _agency(visit), happened_typed(visit)
    if agency_id is None and not form.has("whole"):
        visit.errors.add("agency", visit.say("Choose the agency, or withdraw the whole."))
    if visit.errors:
        return None
    request = messages.WithdrawConsentRequest(
        request_id=form.request_id, beneficiary_id=visit.path_value("person"), agency_id=agency_id
    )
    if at is not None:
        request.happened_time.FromDatetime(at)
    try:
        answer: messages.WithdrawConsentResponse = await visit.ask(visit.hub.intake.WithdrawConsent, request)
    except _SENT_AGAIN as error:
        visit.errors.add(field_of(error), str(words_for(error, visit.language)))
        return None
    return answer


def _agency(visit: Visit) -> str | None:
    """For which it is; None for the whole, whatever stands chosen beside that button."""
    return None if visit.form.has("whole") else visit.form.text("agency") or None


def _done(
    visit: Visit,
    answer: messages.WithdrawConsentResponse,
    was_open: dict[str, set[str]],
    directory: Directory,
) -> dict[str, Any]:
    agency_id = _agency(visit)
    left = [one for one in was_open if agency_id is not None and one != agency_id]
    return {
        "time": answer.withdrawn_time.ToDatetime(tzinfo=UTC),
        "agency": _name(agency_id, directory) if agency_id is not None else "",
        "closed": answer.grants_closed,
        "recalls": answer.recalls_opened,
        "in_between": answer.in_between_count,
        "left": [name for _, name in by_name((one, _name(one, directory)) for one in left)],
    }


def _name(agency_id: str, directory: Directory) -> str:
    """What the agency is called; its id where the directory does not know it any more."""
    return directory.agency(agency_id) or agency_id
