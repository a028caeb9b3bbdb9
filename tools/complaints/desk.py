"""Complaints at a running hub, for whoever has signed in."""

from datetime import datetime
from uuid import uuid4

from google.protobuf.json_format import MessageToDict
from rich.markup import escape
from rich.table import Table

from kem.disclosure.v1 import complaint_service_pb2 as messages
from tools.office import PAGE, Answer, Office, at_office, say
from tools.rights.choices import ComplaintFinding, ComplaintKind, ComplaintView
from tools.said import chosen, id_of, instant, moment, told, words


def list_complaints(view: ComplaintView, *, as_json: bool) -> None:
    """Shows the complaints that whoever has signed in may see.

    Raises:
        StackFailure: as all here: nothing runs, nobody is signed in, an id is none, nothing was said, or the
            hub refuses, in its own words.
    """
    wanted = chosen(messages.ComplaintView, None if view is ComplaintView.OPEN else view)

    async def read(office: Office) -> tuple[list[messages.Complaint], dict[str, str]]:
        request = messages.ListComplaintsRequest(view=wanted, page_size=PAGE)
        pages = office.pages(office.hub.complaints.ListComplaints, request)
        return [one async for page in pages for one in page.complaints], await office.codes()

    found, codes = at_office(read)
    shown = [_table(found, codes)] if found else ["There are none."]
    say(Answer(shown, {"complaints": list(map(MessageToDict, found))}), as_json=as_json)


def register_complaint(
    kind: ComplaintKind, about: str | None, person: str | None, received: datetime | None, *, as_json: bool
) -> None:
    """Registers one."""
    request = messages.RegisterComplaintRequest(
        request_id=str(uuid4()),
        kind=chosen(messages.ComplaintKind, kind),
        beneficiary_id=id_of(person, "a person") if person else "",
        received_time=instant(received),
        words=words("What they say"),
    )

    async def act(office: Office) -> messages.RegisterComplaintResponse:
        request.accused_agency_id = await office.agency_id(about) if about else ""
        kept: messages.RegisterComplaintResponse = await office(
            office.hub.complaints.RegisterComplaint, request
        )
        return kept

    kept = at_office(act)
    line = f"Registered: {kept.complaint_id}. To be answered before {moment(kept.due_time)}."
    say(Answer([line], MessageToDict(kept)), as_json=as_json)


def answer(
    complaint_id: str,
    finding: ComplaintFinding,
    told_at: datetime | None,
    *,
    is_told: bool,
    as_json: bool,
) -> None:
    """Puts on record what was found."""
    request = messages.AnswerComplaintRequest(
        request_id=str(uuid4()),
        complaint_id=id_of(complaint_id, "a complaint; ./kem complaints list shows them"),
        finding=chosen(messages.ComplaintFinding, finding),
        person_told_time=instant(told_at) if is_told else None,
        words=words("What was found and done"),
    )
    given = at_office(lambda office: office(office.hub.complaints.AnswerComplaint, request))
    say(Answer(["The answer is on record."], MessageToDict(given)), as_json=as_json)


def _table(found: list[messages.Complaint], codes: dict[str, str]) -> Table:
    table = Table("complaint", "kind", "about", "due", "finding", "words")
    for one in found:
        due = moment(one.due_time)
        table.add_row(
            one.complaint_id,
            told(messages.ComplaintKind, one.kind),
            codes.get(one.accused_agency_id, ""),
            f"[bold red]{due} overdue[/]" if one.overdue else due,
            told(messages.ComplaintFinding, one.finding),
            escape(one.words),
        )
    return table
