"""Emergencies: accesses that somebody asks for, and what is looked at afterwards by who had no part in it."""

from collections.abc import Mapping
from datetime import UTC
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from kem.disclosure.v1 import emergency_access_service_pb2 as access
from kem.disclosure.v1 import emergency_service_pb2 as emergency
from kernel import codes
from kernel.digits import western_digits
from services.console.adapters.names import Names
from services.console.entrypoints.codes import named, text_of
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.audit.roles import OFFICERS, READERS, REVIEWERS
from services.console.entrypoints.pages.audit.rows import done, request_ids, sent_from, sent_row
from services.console.entrypoints.texts import N_
from services.console.entrypoints.words import names_of

REVIEWS: Final = "/audit/emergencies"
ACCESSES: Final = "/audit/accesses"
_PAGE: Final = 25
_AGENCIES: Final = "DirectoryService/ListAgencies"
_KINDS: Final[Mapping[str, str]] = {
    "HANDOVER": N_("Told by telephone without consent"),
    "EMERGENCY_ACCESS": N_("Emergency access"),
}
_FINDINGS: Final[Mapping[str, emergency.ReviewFinding.ValueType]] = {
    "justified": emergency.REVIEW_FINDING_JUSTIFIED,
    "not-justified": emergency.REVIEW_FINDING_NOT_JUSTIFIED,
}
_MOST_MINUTES: Final = 1440
_USUAL_MINUTES: Final = "240"


class EmergencyPages:
    """What waits for a decision, and what waits for its review."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        reviews, accesses = "EmergencyService/", "EmergencyAccessService/"
        both = ("GET", "POST")
        return (
            Page(
                REVIEWS,
                self.reviews,
                REVIEWERS,
                (reviews + "ListEmergencyReviews", reviews + "ReviewEmergency", _AGENCIES),
                both,
            ),
            Page(
                ACCESSES,
                self.accesses,
                OFFICERS,
                (accesses + "ListEmergencyAccesses", accesses + "DecideEmergencyAccess", _AGENCIES),
                both,
            ),
        )

    async def reviews(self, visit: Visit) -> Response:
        """What was given without consent, the longest overdue first; a form says what is found of one."""
        if visit.is_sent and (gone := await _review(visit)) is not None:
            return gone
        request = emergency.ListEmergencyReviewsRequest(
            page_size=_PAGE, page_token=visit.query("after")[:200]
        )
        listed = await visit.ask(visit.hub.emergency.ListEmergencyReviews, request)
        agencies = await self._names.agencies(visit.staff.metadata)
        rows = [
            {
                "id": one.subject_id,
                "kind": visit.say(_KINDS[one.kind]) if one.kind in _KINDS else one.kind,
                "referral_id": one.referral_id,
                "agency": _agency(agencies, one.recipient_agency_id, visit),
                "opened": one.opened_time.ToDatetime(tzinfo=UTC),
                "due": one.due_time.ToDatetime(tzinfo=UTC),
                "is_overdue": one.overdue,
                "is_reviewable": one.reviewable,
                "given": ", ".join(names_of(codes.CATEGORIES, one.given_categories, visit.language)),
                "circumstances": one.circumstances,
            }
            for one in listed.reviews
        ]
        title = visit.say("Emergencies to review")
        return _list(visit, "audit/emergencies.html", title, rows, listed.next_page_token)

    async def accesses(self, visit: Visit) -> Response:
        """What somebody asks to see because a life hangs on it; a form decides on one of them."""
        if visit.is_sent and (gone := await _decide(visit)) is not None:
            return gone
        request = access.ListEmergencyAccessesRequest(page_size=_PAGE, page_token=visit.query("after")[:200])
        listed = await visit.ask(visit.hub.emergency_access.ListEmergencyAccesses, request)
        agencies = await self._names.agencies(visit.staff.metadata)
        rows = [
            {
                "id": one.emergency_access_id,
                "referral_id": one.referral_id,
                "agency": _agency(agencies, one.agency_id, visit),
                "asked_time": one.requested_time.ToDatetime(tzinfo=UTC),
                "asked": [
                    (code, named(codes.CATEGORIES, code, visit.language)) for code in one.asked_categories
                ],
                "circumstances": one.circumstances,
                "is_decidable": one.decidable,
            }
            for one in listed.accesses
        ]
        title = visit.say("Emergency accesses to decide on")
        return _list(visit, "audit/accesses.html", title, rows, listed.next_page_token)


def _list(visit: Visit, template: str, title: str, rows: list[dict[str, Any]], onward: str) -> Response:
    first = visit.request.url.path
    return visit.render(
        template,
        title=title,
        code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
        rows=rows,
        first=first,
        here=sent_from(visit, first),
        is_first=not visit.query("after"),
        onward=onward,
        ids=request_ids(visit, [row["id"] for row in rows]),
        sent=visit.form.text("row"),
        usual_minutes=_USUAL_MINUTES,
        reads_ledger=visit.staff.has(*READERS),
    )


async def _review(visit: Visit) -> Response | None:
    row, say = sent_row(visit), visit.say
    finding = row.chosen("finding", _FINDINGS, say("Say whether it was justified."))
    words = row.words("words", say("Write why."))
    request = emergency.ReviewEmergencyRequest(
        request_id=visit.form.request_id,
        subject_id=row.row_id,
        finding=_FINDINGS.get(finding, emergency.REVIEW_FINDING_UNSPECIFIED),
        words=words,
    )
    return await done(
        visit, lambda: visit.ask(visit.hub.emergency.ReviewEmergency, request), REVIEWS, "emergency-reviewed"
    )


async def _decide(visit: Visit) -> Response | None:
    row, say = sent_row(visit), visit.say
    decision = row.chosen("decision", ("yes", "no"), say("Say whether it is allowed."))
    categories, minutes = row.all("categories"), western_digits(row.text("minutes"))
    is_allowed = decision == "yes"
    if is_allowed and not categories:
        row.wrong("categories", say("Tick what may be seen."))
    is_number = minutes.isascii() and minutes.isdecimal() and len(minutes) <= 4
    if is_allowed and not (is_number and 0 < int(minutes) <= _MOST_MINUTES):
        row.wrong("minutes", say("Type a number of minutes from 1 to 1,440."))
    if visit.errors:
        return None
    request = access.DecideEmergencyAccessRequest(
        request_id=visit.form.request_id,
        emergency_access_id=row.row_id,
        authorised=is_allowed,
        categories=categories if is_allowed else [],
        valid_minutes=int(minutes) if is_allowed else 0,
    )
    door = visit.hub.emergency_access
    said = "access-allowed" if is_allowed else "access-refused"
    return await done(visit, lambda: visit.ask(door.DecideEmergencyAccess, request), ACCESSES, said)


def _agency(agencies: Mapping[str, Any], agency_id: str, visit: Visit) -> str:
    found = agencies.get(agency_id)
    return text_of(found.name, visit.language) if found is not None else agency_id[:8]
