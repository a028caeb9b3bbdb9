"""What the agency is asked: open offers, the most urgent first."""

import asyncio
from functools import partial
from typing import Final

import structlog
from starlette.background import BackgroundTask
from starlette.responses import Response

from kem.notifications.v1 import delivery_pb2
from kem.notifications.v1 import inbox_service_pb2 as inbox
from kem.referral.v1 import referral_service_pb2 as rpc
from kernel.errors import KemError
from services.console.adapters.names import Names
from services.console.entrypoints.inboxes import end_of_inbox
from services.console.entrypoints.page import NavigationEntry, Page, Visit
from services.console.entrypoints.pages.partner.cards import LIST_SERVICES, PARTNER, card_of, known_services
from services.console.entrypoints.texts import N_

PAGE: Final = 50
_CALLS: Final = (
    "ReferralService/ListReferrals",
    "InboxService/ListDeliveries",
    "InboxService/Acknowledge",
    LIST_SERVICES,
)

log = structlog.get_logger(__name__)


async def offers(names: Names, visit: Visit) -> Response:
    """A page of open offers. What has been delivered up to now has arrived by that, and is acknowledged."""
    delivered = await end_of_inbox(visit, delivery_pb2.INBOX_AGENCY)
    request = rpc.ListReferralsRequest(
        view=rpc.REFERRAL_VIEW_OFFERED,
        order=rpc.REFERRAL_ORDER_DUE,
        with_counts=True,
        page_size=PAGE,
        page_token=visit.query("after")[:200],
    )
    listed, services = await asyncio.gather(
        visit.ask(visit.hub.referral.ListReferrals, request), known_services(names, visit)
    )
    response = visit.render(
        "partner/inbox.html",
        title=visit.say("Offers"),
        cards=[card_of(one, visit, services) for one in listed.referrals],
        count=sum(one.count for one in listed.counts),
        onward=listed.next_page_token,
        is_first=not visit.query("after"),
        last_sequence=delivered.last_sequence if delivered else None,
    )
    if delivered and delivered.last_sequence > delivered.acknowledged_sequence:
        response.background = BackgroundTask(_acknowledge, visit, delivered.last_sequence)
    return response


async def _acknowledge(visit: Visit, up_to: int) -> None:
    """After the page is sent, so that nobody waits for it; where it fails, the next page does it."""
    request = inbox.AcknowledgeRequest(inbox=delivery_pb2.INBOX_AGENCY, up_to_sequence=up_to)
    try:
        await visit.ask(visit.hub.inbox.Acknowledge, request)
    except KemError as error:
        log.warning("deliveries_not_acknowledged", reason=error.stable_reason)


def pages(names: Names) -> tuple[Page, ...]:
    """At its address."""
    act = partial(offers, names)
    return (Page("/partner", act, PARTNER, _CALLS, nav=NavigationEntry(N_("Offers"), 20)),)
