"""What the agency holds: since when, until when, and what is late."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

from starlette.responses import Response

from kem.referral.v1 import referral_pb2
from kem.referral.v1 import referral_service_pb2 as rpc
from kernel.vocabulary import Urgency
from services.console.adapters.names import Names
from services.console.domain.held import Lateness, lateness_of
from services.console.entrypoints.forms import as_choice
from services.console.entrypoints.page import NavigationEntry, Page, Visit
from services.console.entrypoints.pages.partner.cards import (
    LIST_SERVICES,
    PARTNER,
    Card,
    card_of,
    known_services,
    until_when,
)
from services.console.entrypoints.texts import N_
from services.console.entrypoints.words import REFERRAL_STATES, referral_state, words_of

PAGE: Final = 50
STATES: Final = ("ACCEPTED_FOR_ASSESSMENT", "ACCEPTED", "IN_SERVICE")
ENDED: Final = ("COMPLETED", "NOT_COMPLETED")


@dataclass(frozen=True, slots=True)
class Held:
    """A card with what is late about it, and until when it is held; empty where there is nothing of that."""

    card: Card
    late: str
    until: str


async def held(names: Names, visit: Visit) -> Response:
    """A page of it: all, or of one state; ended ones only where they are asked for."""
    state = visit.query("state")
    if state not in (*STATES, *ENDED):
        state = ""
    request = rpc.ListReferralsRequest(
        view=rpc.REFERRAL_VIEW_HELD,
        order=rpc.REFERRAL_ORDER_NEWEST if state in ENDED else rpc.REFERRAL_ORDER_DUE,
        with_counts=True,
        page_size=PAGE,
        page_token=visit.query("after")[:200],
    )
    if state:
        request.state = as_choice(referral_pb2.ReferralState, f"REFERRAL_STATE_{state}")
    listed, services = await asyncio.gather(
        visit.ask(visit.hub.referral.ListReferrals, request), known_services(names, visit)
    )
    counts = {referral_state(one.state): one.count for one in listed.counts}
    tabs = [("", visit.say("All"), sum(counts.values()))]
    tabs += [(one, words_of(REFERRAL_STATES, one, visit.language), counts.get(one, 0)) for one in STATES]
    ended = [(one, words_of(REFERRAL_STATES, one, visit.language)) for one in ENDED]
    return visit.render(
        "partner/held.html",
        title=visit.say("What we hold"),
        rows=[_held(card_of(one, visit, services), visit) for one in listed.referrals],
        state=state,
        tabs=tabs,
        ended=ended,
        onward=listed.next_page_token,
        is_first=not visit.query("after"),
    )


def _held(card: Card, visit: Visit) -> Held:
    if not card.is_held or card.taken_up_time is None or not card.urgency:
        return Held(card, "", until_when(card, visit))
    late = lateness_of(
        urgency=Urgency(card.urgency),
        taken_up_time=card.taken_up_time,
        has_begun=card.started_time is not None,
        activity_end_time=card.activity.end_time if card.activity else None,
        now=datetime.now(UTC),
    )
    words = {
        Lateness.NOT_BEGUN: visit.say("No beginning reported"),
        Lateness.NO_OUTCOME: visit.say("Over: report what came of it"),
    }
    return Held(card, words[late] if late else "", until_when(card, visit))


def pages(names: Names) -> tuple[Page, ...]:
    """At its address."""
    calls = ("ReferralService/ListReferrals", LIST_SERVICES)
    nav = NavigationEntry(N_("What we hold"), 21)
    return (Page("/partner/held", partial(held, names), PARTNER, calls, nav=nav),)
