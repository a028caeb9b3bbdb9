"""The register of what people ask by right: extended, answered, lifted; done within a month."""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from google.protobuf.timestamp_pb2 import Timestamp
from starlette.responses import Response

from kem.disclosure.v1 import rights_service_pb2 as rights
from kernel import codes
from kernel.errors import Invalid
from services.console.adapters.names import Names
from services.console.entrypoints.codes import text_of
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.audit.rights_words import (
    ANSWERS,
    ASKED_BY,
    EXTENSIONS,
    NO_EXPORTS,
    REFUSALS,
    RIGHTS,
)
from services.console.entrypoints.pages.audit.roles import OFFICERS
from services.console.entrypoints.pages.audit.rows import RowForm, done, request_ids, sent_from, sent_row
from services.console.entrypoints.rendering import ATHENS
from services.console.entrypoints.words import names_of, word

LIST: Final = "/audit/rights"
EXPORTED: Final = frozenset({"ACCESS", "PORTABILITY"})
_PAGE: Final = 20
_SERVICE: Final = "RightsService/"
_VIEWS: Final[Mapping[str, rights.RightsRequestView.ValueType]] = {
    "open": rights.RIGHTS_REQUEST_VIEW_UNSPECIFIED,
    "overdue": rights.RIGHTS_REQUEST_VIEW_OVERDUE,
    "all": rights.RIGHTS_REQUEST_VIEW_ALL,
}
_REFUSES: Final = frozenset({"PARTLY_FULFILLED", "REFUSED"})


class RightsPages:
    """The list, with what can be done about each request."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At its address."""
        methods = (
            "ListRightsRequests",
            "ExtendRightsRequest",
            "AnswerRightsRequest",
            "LiftRestriction",
        )
        calls = (*(_SERVICE + method for method in methods), "DirectoryService/ListAgencies")
        return (Page(LIST, self.requests, OFFICERS, calls, ("GET", "POST")),)

    async def requests(self, visit: Visit) -> Response:
        """Those that nobody has answered, the earliest due first; those whose time is over; or all."""
        if visit.is_sent and (gone := await _step(visit)) is not None:
            return gone
        view = visit.query("view") if visit.query("view") in _VIEWS else "open"
        request = rights.ListRightsRequestsRequest(
            view=_VIEWS[view], page_size=_PAGE, page_token=visit.query("after")[:200]
        )
        listed = await visit.ask(visit.hub.rights.ListRightsRequests, request)
        agencies = await self._names.agencies(visit.staff.metadata)
        say = visit.say
        return visit.render(
            "audit/rights.html",
            title=say("Requests by right"),
            code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
            rows=[_row(one, agencies, visit) for one in listed.requests],
            view=view,
            views=[("open", say("Not answered")), ("overdue", say("Overdue")), ("all", say("All"))],
            first=f"{LIST}?view={view}",
            here=sent_from(visit, LIST),
            is_first=not visit.query("after"),
            onward=listed.next_page_token,
            ids=request_ids(visit, [one.rights_request_id for one in listed.requests]),
            sent=visit.form.text("row"),
            step=visit.form.text("step"),
            today=datetime.now(ATHENS),
            answers=_pairs(ANSWERS, visit),
            refusals=[("", say("Nothing was refused")), *_pairs(REFUSALS, visit)],
            no_exports=[("", say("An export was made")), *_pairs(NO_EXPORTS, visit)],
            extensions=_pairs(EXTENSIONS, visit),
        )


def _row(one: rights.RightsRequest, agencies: Mapping[str, Any], visit: Visit) -> dict[str, Any]:
    say, agency = visit.say, agencies.get(one.agency_id)
    right, answer = word(rights.Right, one.right, "RIGHT_"), word(rights.RightsAnswer, one.answer, "")
    answer = answer.removeprefix("RIGHTS_ANSWER_")
    is_open = answer == "UNSPECIFIED"
    is_extended = one.extension_ground != rights.EXTENSION_GROUND_UNSPECIFIED
    refusal = word(rights.RefusalGround, one.refusal_ground, "REFUSAL_GROUND_")
    asked_by = word(rights.AskedBy, one.asked_by, "ASKED_BY_")
    return {
        "id": one.rights_request_id,
        "right": right,
        "asks": say(RIGHTS[right]) if right in RIGHTS else right,
        "by": say(ASKED_BY[asked_by]) if asked_by in ASKED_BY else asked_by,
        "agency": text_of(agency.name, visit.language) if agency else one.agency_id[:8],
        "words": one.words,
        "received": one.received_time.ToDatetime(tzinfo=UTC),
        "due": one.due_time.ToDatetime(tzinfo=UTC),
        "is_overdue": one.overdue,
        "is_open": is_open,
        "is_extendable": is_open and not is_extended and not one.overdue,
        "is_exported": is_open and right in EXPORTED,
        "is_erased": is_open and right == "ERASURE",
        "is_liftable": right == "RESTRICTION" and answer == "FULFILLED",
        "extension": one.extension_words,
        "extended": _time(one.extension_told_time),
        "answer": say(ANSWERS[answer]) if answer in ANSWERS else "",
        "refusal": say(REFUSALS[refusal]) if refusal in REFUSALS else "",
        "answer_words": one.answer_words,
        "answered": _time(one.answer_told_time),
        "protection": _protection(one, visit),
        "protection_words": one.protection_words,
    }


def _protection(one: rights.RightsRequest, visit: Visit) -> str:
    """What somebody other than the person gets to see beyond the core; empty where nobody has decided."""
    if not one.HasField("protection_decided_time"):
        return ""
    found = names_of(codes.CATEGORIES, one.protection_categories, visit.language)
    return ", ".join(found) or visit.say("nothing")


def _time(told: Timestamp) -> datetime | None:
    return told.ToDatetime(tzinfo=UTC) if told.seconds else None


async def _step(visit: Visit) -> Response | None:
    steps = {"answer": _answer, "extend": _extend, "lift": _lift}
    step = steps.get(visit.form.text("step"))
    if step is None:
        raise Invalid("The form says nothing of what is to be done.", reason="FORM_INCOMPLETE")
    return await step(visit, sent_row(visit))


async def _answer(visit: Visit, row: RowForm) -> Response | None:
    say = visit.say
    answer = row.chosen("answer", ANSWERS, say("Say how it ended."))
    ground = row.text("refusal_ground")
    if answer in _REFUSES and ground not in REFUSALS:
        row.wrong("refusal_ground", say("Choose on what ground it was refused."))
    no_export = row.text("no_export_ground")
    request = rights.AnswerRightsRequestRequest(
        request_id=visit.form.request_id,
        rights_request_id=row.row_id,
        answer=rights.RightsAnswer.Value(f"RIGHTS_ANSWER_{answer if answer in ANSWERS else 'UNSPECIFIED'}"),
        refusal_ground=rights.RefusalGround.Value(
            f"REFUSAL_GROUND_{ground if answer in _REFUSES and ground in REFUSALS else 'UNSPECIFIED'}"
        ),
        no_export_ground=rights.NoExportGround.Value(
            f"NO_EXPORT_GROUND_{no_export if no_export in NO_EXPORTS else 'UNSPECIFIED'}"
        ),
        words=row.words("words", say("Write what the person was told.")),
        person_told_time=_stamp(row.instant("told")),
    )
    return await done(
        visit, lambda: visit.ask(visit.hub.rights.AnswerRightsRequest, request), LIST, "right-answered"
    )


async def _extend(visit: Visit, row: RowForm) -> Response | None:
    say = visit.say
    ground = row.chosen("ground", EXTENSIONS, say("Choose why a month is not enough."))
    request = rights.ExtendRightsRequestRequest(
        request_id=visit.form.request_id,
        rights_request_id=row.row_id,
        ground=rights.ExtensionGround.Value(
            f"EXTENSION_GROUND_{ground if ground in EXTENSIONS else 'UNSPECIFIED'}"
        ),
        words=row.words("extension_words", say("Write what the person was told.")),
        person_told_time=_stamp(row.instant("extension_told")),
    )
    return await done(
        visit, lambda: visit.ask(visit.hub.rights.ExtendRightsRequest, request), LIST, "right-extended"
    )


async def _lift(visit: Visit, row: RowForm) -> Response | None:
    request = rights.LiftRestrictionRequest(
        request_id=visit.form.request_id,
        rights_request_id=row.row_id,
        words=row.words("lift_words", visit.say("Write why.")),
        person_told_time=_stamp(row.instant("lift_told")),
    )
    return await done(
        visit, lambda: visit.ask(visit.hub.rights.LiftRestriction, request), LIST, "restriction-lifted"
    )


def _pairs(words: Mapping[str, str], visit: Visit) -> list[tuple[str, str]]:
    return [(code, visit.say(text)) for code, text in words.items()]


def _stamp(instant: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(instant)
    return stamp
