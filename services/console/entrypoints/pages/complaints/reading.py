"""The register of complaints: the list, one complaint with all that is known of it, and its answer."""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from google.protobuf.timestamp_pb2 import Timestamp
from starlette.responses import Response

from kem.directory.v1.directory_pb2 import Agency
from kem.disclosure.v1 import complaint_service_pb2 as messages
from kernel.errors import NotFound, Unavailable
from services.console.adapters.names import Names
from services.console.entrypoints.codes import text_of
from services.console.entrypoints.forms import as_uuid
from services.console.entrypoints.page import NavigationEntry, Page, Visit
from services.console.entrypoints.pages.audit.roles import READERS as LEDGER_READERS
from services.console.entrypoints.pages.complaints.roles import OFFICERS, READERS, answers
from services.console.entrypoints.pages.complaints.typed import answer_typed, send
from services.console.entrypoints.pages.complaints.words import FINDINGS, KINDS
from services.console.entrypoints.rendering import ATHENS
from services.console.entrypoints.texts import N_
from services.console.entrypoints.words import complaint_number, word, words_of

LIST: Final = "/complaints"
_PAGE: Final = 20
_SERVICE: Final = "ComplaintService/"
_AGENCIES: Final = "DirectoryService/ListAgencies"
_VIEWS: Final[Mapping[str, messages.ComplaintView.ValueType]] = {
    "open": messages.COMPLAINT_VIEW_UNSPECIFIED,
    "overdue": messages.COMPLAINT_VIEW_OVERDUE,
    "all": messages.COMPLAINT_VIEW_ALL,
}


class ReadingPages:
    """For officers of the hub, and for supervisors without the form."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        one, reads = LIST + "/{complaint}", (_SERVICE + "GetComplaint", _AGENCIES)
        return (
            Page(
                LIST,
                self.complaints,
                READERS,
                (_SERVICE + "ListComplaints", _AGENCIES),
                nav=NavigationEntry(N_("Complaints"), 50),
            ),
            Page(one, self.complaint, READERS, reads),
            Page(one, self.answer, OFFICERS, (_SERVICE + "AnswerComplaint", *reads), ("POST",)),
        )

    async def complaints(self, visit: Visit) -> Response:
        """Those that nobody has answered, the earliest due first; those whose time is over; or all."""
        view = visit.query("view") if visit.query("view") in _VIEWS else "open"
        request = messages.ListComplaintsRequest(
            view=_VIEWS[view], page_size=_PAGE, page_token=visit.query("after")[:200]
        )
        listed = await visit.ask(visit.hub.complaints.ListComplaints, request)
        agencies, say = await self._agencies(visit), visit.say
        return visit.render(
            "complaints/list.html",
            title=say("Complaints"),
            rows=[_shown(one, agencies, visit) for one in listed.complaints],
            view=view,
            views=[("open", say("Not answered")), ("overdue", say("Overdue")), ("all", say("All"))],
            here=f"{LIST}?view={view}",
            is_first=not visit.query("after"),
            onward=listed.next_page_token,
            answers=answers(visit.staff),
        )

    async def complaint(self, visit: Visit) -> Response:
        """One of them; looking at it is on record."""
        return await self._page(visit, await _read(visit))

    async def answer(self, visit: Visit) -> Response:
        """What was found of it. Sent twice it is answered once; what was typed stays until it is kept."""
        complaint_id, code = _complaint_id(visit), HTTPStatus.BAD_REQUEST
        request = answer_typed(visit, complaint_id)
        if not visit.errors:
            sent = await send(visit, visit.hub.complaints.AnswerComplaint, request, "told_day")
            if sent.answer is not None:
                return visit.go(f"{LIST}/{complaint_id}", "complaint-answered")
            code = sent.code
        is_silent = code is HTTPStatus.SERVICE_UNAVAILABLE
        return await self._page(visit, None if is_silent else await _read_again(visit), code)

    async def _page(
        self, visit: Visit, complaint: messages.Complaint | None, code: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        """With the form, where the reader may answer.

        Args:
            complaint: None where it cannot be read now; the form with what was typed is there all the same.
        """
        shown = None if complaint is None else _shown(complaint, await self._agencies(visit), visit)
        complaint_id = _complaint_id(visit)
        return visit.render(
            "complaints/complaint.html",
            title=visit.say("Complaint"),
            code=code,
            number=complaint_number(complaint_id),
            complaint_id=complaint_id,
            one=shown,
            received=visit.form.text("received") if shown is None else shown["received"].isoformat(),
            is_named=shown is not None and not shown["is_anonymous"],
            answers=answers(visit.staff),
            reads_ledger=visit.staff.has(*LEDGER_READERS),
            findings=[(finding, visit.say(text)) for finding, text in FINDINGS.items()],
            today=datetime.now(ATHENS),
        )

    async def _agencies(self, visit: Visit) -> Mapping[str, Agency]:
        """By their ids; none while they cannot be named: what was said is read all the same."""
        try:
            return await self._names.agencies(visit.staff.metadata)
        except Unavailable:
            return {}


def _complaint_id(visit: Visit) -> str:
    found = as_uuid(visit.path_value("complaint"))
    if found is None:
        raise NotFound("There is no such complaint that you may see.", reason="COMPLAINT_NOT_FOUND")
    return str(found)


async def _read(visit: Visit) -> messages.Complaint:
    request = messages.GetComplaintRequest(complaint_id=_complaint_id(visit))
    found: messages.GetComplaintResponse = await visit.ask(visit.hub.complaints.GetComplaint, request)
    return found.complaint


async def _read_again(visit: Visit) -> messages.Complaint | None:
    """For a form that comes back; None where the service has fallen silent since."""
    try:
        return await _read(visit)
    except Unavailable:
        return None


def _shown(one: messages.Complaint, agencies: Mapping[str, Agency], visit: Visit) -> dict[str, Any]:
    kind = word(messages.ComplaintKind, one.kind, "COMPLAINT_KIND_")
    finding = word(messages.ComplaintFinding, one.finding, "COMPLAINT_FINDING_")

    def name(agency_id: str) -> str:
        found = agencies.get(agency_id)
        return text_of(found.name, visit.language) if found is not None else agency_id[:8]

    return {
        "href": f"{LIST}/{one.complaint_id}",
        "number": complaint_number(one.complaint_id),
        "kind": words_of(KINDS, kind, visit.language),
        "accused": name(one.accused_agency_id),
        "registrar": name(one.registered_by_agency_id),
        "is_anonymous": one.anonymous,
        "words": one.words,
        "received": one.received_time.ToDatetime(tzinfo=UTC),
        "due": one.due_time.ToDatetime(tzinfo=UTC),
        "is_overdue": one.overdue,
        "finding": visit.say(FINDINGS[finding]) if finding in FINDINGS else "",
        "answer": one.answer_words,
        "answered": _time(one.answered_time),
        "told": _time(one.person_told_time),
    }


def _time(told: Timestamp) -> datetime | None:
    return told.ToDatetime(tzinfo=UTC) if told.seconds else None
