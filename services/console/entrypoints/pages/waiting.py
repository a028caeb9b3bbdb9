"""How much waits for an officer or an agency, as first pages show it: numbers, and the ways to the lists."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from kem.disclosure.v1 import waiting_service_pb2 as messages
from kernel.errors import Unavailable
from kernel.vocabulary import Role
from services.console.entrypoints.page import Visit
from services.console.entrypoints.texts import N_

OFFICERS: Final = frozenset({Role.DPO, Role.SAFEGUARDING_OFFICER})
"""For whom it is counted."""
PARTNER: Final = frozenset({Role.AGENCY_MEMBER, Role.AGENCY_ADMIN})
TO_DESTROY: Final = "/partner/withdrawals"
COUNT_WAITING: Final = "WaitingService/CountWaiting"
_PATIENCE_SECONDS: Final = 2.0
"""The lists can be gone to without their numbers."""
_LISTS: Final = (
    ("complaints", "/complaints", N_("Complaints to answer")),
    ("emergency_accesses", "/audit/accesses", N_("Emergency accesses to decide on")),
    ("emergency_reviews", "/audit/emergencies", N_("Emergencies to review")),
    ("recalls", "/audit/recalls", N_("Data asked back and not answered")),
    ("rights_requests", "/audit/rights", N_("Requests by right to answer")),
)
"""As the service calls each list, its address, and what waits in it."""


@dataclass(frozen=True, slots=True)
class WaitingCard:
    """How much of something waits.

    Args:
        is_counted: whether the numbers are known now.
        due_time: of the first of them; None where it has none, or nothing waits.
    """

    href: str
    name: str
    is_counted: bool
    count: int
    overdue: int
    due_soon: int
    due_time: datetime | None


async def waiting_cards(visit: Visit) -> list[WaitingCard]:
    """Of each list that the reader may open; none for who is no officer and of no agency."""
    if not visit.staff.has(*OFFICERS):
        return _of_agency(visit)
    try:
        method, request = visit.hub.waiting.CountWaiting, messages.CountWaitingRequest()
        found = await visit.ask(method, request, timeout=_PATIENCE_SECONDS)
    except Unavailable:
        found = None
    open_to_them = {one.path for one in visit.all_pages if one.is_open_to(visit.staff)}
    return _of_agency(visit) + [
        _card(href, visit.say(name), None if found is None else getattr(found, field))
        for field, href, name in _LISTS
        if href in open_to_them
    ]


def _of_agency(visit: Visit) -> list[WaitingCard]:
    """What their agency must say of; the page's frame has counted it already."""
    if not visit.staff.has(*PARTNER):
        return []
    # all of it is due within 72 hours: that it is due soon says nothing more
    card = _card(TO_DESTROY, visit.say("Data to destroy"), visit.to_answer)
    return [replace(card, due_soon=0)]


def _card(href: str, name: str, told: messages.Waiting | None) -> WaitingCard:
    if told is None:
        return WaitingCard(href, name, False, 0, 0, 0, None)
    due = told.first_due_time.ToDatetime(tzinfo=UTC) if told.HasField("first_due_time") else None
    return WaitingCard(href, name, True, told.count, told.overdue, told.due_soon, due)
