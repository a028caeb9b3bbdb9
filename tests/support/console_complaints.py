"""Complaints at a running hub, past the console: registered at a desk or by an officer, and answered."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from kem.disclosure.v1 import complaint_service_pb2 as messages
from kernel.vocabulary import Role
from tests.support.console import ConsoleHub
from tests.support.partner_agency import at
from tools.hub import Person


def officer(console: ConsoleHub) -> Person:
    """Of safeguarding, of the hub itself."""
    return console.hub.person(uuid4(), None, Role.SAFEGUARDING_OFFICER)


async def desk_of(console: ConsoleHub, code: str = "KEM") -> Person:
    """Somebody at an agency's desk."""
    return console.hub.person(uuid4(), await console.agency_id(code), Role.CASEWORKER)


async def complained(
    console: ConsoleHub,
    words: str,
    *,
    by: Person | None = None,
    about: UUID | None = None,
    person: str = "",
    days_ago: float = 0,
    kind: "messages.ComplaintKind.ValueType" = messages.COMPLAINT_KIND_TREATMENT,
) -> str:
    """The complaint's id.

    Args:
        by: who registers it; an officer of the hub unless somebody is named.
        person: who complains, where they are on record at that desk.
    """
    request = messages.RegisterComplaintRequest(
        request_id=str(uuid4()),
        kind=kind,
        accused_agency_id=str(about or ""),
        beneficiary_id=person,
        words=words,
        received_time=at(datetime.now(UTC) - timedelta(days=days_ago)),
    )
    registrar = by or officer(console)
    kept: Any = await console.hub.complaints.RegisterComplaint(request, metadata=registrar.credentials())
    return str(kept.complaint_id)


async def answered(console: ConsoleHub, complaint_id: str, words: str, *, told: bool = False) -> None:
    """An officer says that it is right."""
    request = messages.AnswerComplaintRequest(
        request_id=str(uuid4()),
        complaint_id=complaint_id,
        finding=messages.COMPLAINT_FINDING_UPHELD,
        words=words,
        person_told_time=at(datetime.now(UTC)) if told else None,
    )
    await console.hub.complaints.AnswerComplaint(request, metadata=officer(console).credentials())


async def kept(console: ConsoleHub, words: str) -> messages.Complaint:
    """The one complaint with these words, as an officer is shown it, answered or not."""
    door, request = console.hub.complaints, messages.ListComplaintsRequest(view=messages.COMPLAINT_VIEW_ALL)
    found: list[messages.Complaint] = []
    while True:
        page: Any = await door.ListComplaints(request, metadata=officer(console).credentials())
        found += [one for one in page.complaints if one.words == words]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    [one] = found
    return one
