"""Where auditors begin: how far the ledger is signed, what can be looked at, what waits for an officer."""

import asyncio
from collections.abc import Sequence
from datetime import UTC
from typing import Final

from starlette.responses import Response

from kem.audit.v1 import audit_service_pb2 as ledger
from kernel.errors import NotYetKnown
from kernel.vocabulary import Role
from services.console.entrypoints.page import NavigationEntry, Page, Visit
from services.console.entrypoints.pages.audit.roles import READERS
from services.console.entrypoints.pages.waiting import COUNT_WAITING, waiting_cards
from services.console.entrypoints.texts import N_


async def start(visit: Visit) -> Response:
    """The newest checkpoint, and for an officer how much waits: numbers, for the lists are sealed."""
    checkpoint, cards = await asyncio.gather(_checkpoint(visit), waiting_cards(visit))
    return visit.render(
        "audit/start.html",
        title=visit.say("Audit"),
        checkpoint=checkpoint,
        signed_time=None if checkpoint is None else checkpoint.signed_time.ToDatetime(tzinfo=UTC),
        unsigned=0 if checkpoint is None else checkpoint.entries - checkpoint.size,
        positions=[] if checkpoint is None else sorted(checkpoint.positions.items()),
        waiting=cards,
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


PAGES: Final = (
    Page(
        "/audit",
        start,
        READERS,
        ("AuditService/GetCheckpoint",),
        nav=NavigationEntry(N_("Audit"), 60),
        calls_of={Role.DPO: (COUNT_WAITING,)},
    ),
    Page("/audit/export", export, READERS),
    Page("/audit/checkpoint.txt", checkpoint_file, READERS, ("AuditService/GetCheckpoint",)),
)
