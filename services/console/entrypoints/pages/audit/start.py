"""Where auditors begin: how far the ledger is signed, what can be looked at, what waits for an officer."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from starlette.responses import Response

from kem.audit.v1 import audit_service_pb2 as ledger
from kem.disclosure.v1 import emergency_access_service_pb2 as access
from kem.disclosure.v1 import emergency_service_pb2 as emergency
from kem.disclosure.v1 import recall_service_pb2 as recall
from kem.disclosure.v1 import rights_service_pb2 as rights
from kernel.errors import NotYetKnown
from kernel.vocabulary import Role
from services.console.entrypoints.page import NavigationEntry, Page, Visit
from services.console.entrypoints.pages.audit.roles import READERS
from services.console.entrypoints.pages.public.texts import N_

_WAITING: Final = (
    "EmergencyService/ListEmergencyReviews",
    "EmergencyAccessService/ListEmergencyAccesses",
    "RecallService/ListRecalls",
    "RightsService/ListRightsRequests",
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for an officer.

    Args:
        due_time: of the first of them; None where it has none, or nothing waits.
        are_several: whether there are more than one; how many is not read for this page.
    """

    href: str
    name: str
    is_any: bool
    are_several: bool
    due_time: datetime | None
    is_overdue: bool


async def start(visit: Visit) -> Response:
    """The newest checkpoint, and for an officer what waits: the first of each list only, for it is sealed."""
    checkpoint, waiting = await asyncio.gather(_checkpoint(visit), _waiting(visit))
    return visit.render(
        "audit/start.html",
        title=visit.say("Audit"),
        checkpoint=checkpoint,
        signed_time=None if checkpoint is None else checkpoint.signed_time.ToDatetime(tzinfo=UTC),
        unsigned=0 if checkpoint is None else checkpoint.entries - checkpoint.size,
        positions=[] if checkpoint is None else sorted(checkpoint.positions.items()),
        waiting=waiting,
        is_officer=visit.staff.has(Role.DPO),
        ways=_ways(visit),
    )


async def export(visit: Visit) -> Response:
    """How the whole ledger is taken along: by the command, which asks each service how far it has told."""
    return visit.render("audit/export.html", title=visit.say("Take the ledger along"))


async def checkpoint_file(visit: Visit) -> Response:
    """The newest checkpoint as it was signed, to be kept outside of the hub."""
    found = await visit.ask(visit.hub.audit.GetCheckpoint, ledger.GetCheckpointRequest())
    headers = {"content-disposition": f'attachment; filename="checkpoint-{found.size}.txt"'}
    return Response(found.note, media_type="text/plain; charset=utf-8", headers=headers)


async def _checkpoint(visit: Visit) -> ledger.GetCheckpointResponse | None:
    """None as long as nothing was signed."""
    try:
        found: ledger.GetCheckpointResponse = await visit.ask(
            visit.hub.audit.GetCheckpoint, ledger.GetCheckpointRequest()
        )
    except NotYetKnown:
        return None
    return found


def _ways(visit: Visit) -> Sequence[tuple[str, str, str]]:
    say = visit.say
    return [
        ("/audit/entries", say("Search the ledger"), say("By time, person who acted, agency, kind, id.")),
        ("/audit/referrals", say("Trace a referral"), say("From the need to the outcome, with proofs.")),
        ("/audit/people", say("Who saw a person's data"), say("By the person's random id, with proofs.")),
        ("/audit/questions", say("The auditor's questions"), say("Who saw it, who is it, who heard it.")),
        ("/audit/export", say("Take the ledger along"), say("All of it, to be verified without the hub.")),
    ]


async def _waiting(visit: Visit) -> list[Waiting]:
    if not visit.staff.has(Role.DPO):
        return []
    hub, say = visit.hub, visit.say
    accesses, reviews, recalls, requests = await asyncio.gather(
        visit.ask(
            hub.emergency_access.ListEmergencyAccesses, access.ListEmergencyAccessesRequest(page_size=1)
        ),
        visit.ask(hub.emergency.ListEmergencyReviews, emergency.ListEmergencyReviewsRequest(page_size=1)),
        visit.ask(
            hub.recalls.ListRecalls,
            recall.ListRecallsRequest(
                view=recall.RECALL_VIEW_SENT, filter=recall.RECALL_FILTER_OPEN, page_size=1
            ),
        ),
        visit.ask(hub.rights.ListRightsRequests, rights.ListRightsRequestsRequest(page_size=1)),
    )
    return [
        _first("/audit/accesses", say("Emergency accesses to decide on"), accesses, accesses.accesses),
        _first("/audit/emergencies", say("Emergencies to review"), reviews, reviews.reviews),
        _first("/audit/recalls", say("Data asked back and not answered"), recalls, recalls.recalls),
        _first("/audit/rights", say("Requests by right to answer"), requests, requests.requests),
    ]


def _first(href: str, name: str, page: Any, found: Sequence[Any]) -> Waiting:
    first = found[0] if found else None
    has_due = first is not None and "due_time" in first.DESCRIPTOR.fields_by_name
    return Waiting(
        href,
        name,
        is_any=first is not None,
        are_several=bool(page.next_page_token),
        due_time=first.due_time.ToDatetime(tzinfo=UTC) if has_due and first is not None else None,
        is_overdue=bool(has_due and first is not None and first.overdue),
    )


PAGES: Final = (
    Page(
        "/audit",
        start,
        READERS,
        ("AuditService/GetCheckpoint",),
        nav=NavigationEntry(N_("Audit"), 60),
        calls_of={Role.DPO: _WAITING},
    ),
    Page("/audit/export", export, READERS),
    Page("/audit/checkpoint.txt", checkpoint_file, READERS, ("AuditService/GetCheckpoint",)),
)
