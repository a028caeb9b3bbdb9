"""Whatever people and clocks do, and in whatever order, a referral's life stays legal and is told in full."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.codes import Origin, Routing, Urgency
from kernel.errors import KemError
from kernel.ids import AgencyId, NeedId, ReferralId, ServiceId, UnitId
from services.referral.domain.clocks import Clock, WindowUnit
from services.referral.domain.next_step import Place
from services.referral.domain.offer import Offer
from services.referral.domain.offering import new_offer
from services.referral.domain.referral import Referral
from services.referral.domain.replay import replay
from services.referral.domain.transitions import (
    FINAL_REFERRAL_STATES,
    OFFER_STEPS,
    REFERRAL_STEPS,
    OfferState,
    ReferralState,
)

BEGIN = datetime(2026, 3, 4, 9, tzinfo=UTC)
CLOCK = Clock(14 * 86_400, 7200, WindowUnit.ELAPSED)
STABLE_REASONS = {"ILLEGAL_TRANSITION", "OFFER_ALREADY_ANSWERED"}


class World:
    """One referral, its offers, and a clock that only goes on."""

    def __init__(self, service_type: str) -> None:
        self.now = BEGIN
        self.offers: list[Offer] = []
        self.referral = Referral(
            referral_id=ReferralId(UUID(int=1)),
            need_id=NeedId(UUID(int=2)),
            sender_agency_id=AgencyId(UUID(int=4)),
            service_type=service_type,
            urgency=Urgency.NORMAL,
            routing=Routing.CONSENTED,
            origin=Origin.KEM_DESK,
            recorded_time=BEGIN,
            person_due_time=BEGIN + timedelta(days=14),
            policy_version="standard/1",
            round_start_time=BEGIN,
        )

    @property
    def last(self) -> Offer:
        return self.offers[-1]

    def put_offer(self) -> None:
        place = Place(ServiceId(UUID(int=5)), AgencyId(UUID(int=6)), 1, UnitId(UUID(int=7)), None, 1, True)
        offer = new_offer(self.referral, place, CLOCK, self.now)
        self.referral.put_offer(offer)
        self.offers.append(offer)

    def revoke(self) -> None:
        self.referral.revoke(self.last, "SERVICE_SUSPENDED", self.now)
        self.referral.match_again("SERVICE_SUSPENDED", self.now)

    def current(self) -> Offer | None:
        return self.last if self.referral.current_offer_id else None


def accept(for_assessment: bool) -> Callable[[World], None]:
    return lambda world: world.referral.accept(
        world.last, world.now, for_assessment=for_assessment, purpose="EDUCATION", needed_mask=7
    )


STEPS: dict[str, Callable[[World], None]] = {
    "offer": World.put_offer,
    "await": lambda world: world.referral.await_person("LIST_ENDED"),
    "wait": lambda world: world.referral.wait(),
    "find nobody": lambda world: world.referral.find_nobody("NO_SERVICE"),
    "match again": lambda world: world.referral.match_again("DIRECTORY_CHANGED", world.now),
    "accept": accept(for_assessment=False),
    "accept for assessment": accept(for_assessment=True),
    "decline": lambda world: world.referral.decline(world.last, "NO_CAPACITY", world.now, has_text=False),
    "wait-list": lambda world: world.referral.wait_with(world.last, None, world.now),
    "expire": lambda world: world.referral.expire(world.last, world.now),
    "revoke": World.revoke,
    "ask": lambda world: world.referral.ask(world.last, 60, world.now + timedelta(days=1), world.now),
    "inform": lambda world: world.referral.inform(world.last, world.now + timedelta(hours=1), world.now),
    "acknowledge": lambda world: world.referral.acknowledge(world.last, world.now),
    "return": lambda world: world.referral.give_back(world.last, "NO_SHOW", world.now, has_text=False),
    "start": lambda world: world.referral.start(world.last, world.now),
    "complete": lambda world: world.referral.complete(world.last, "NEED_MET", "BOTH", world.now),
    "close": lambda world: world.referral.close_not_completed(world.last, "MOVED_AWAY", world.now),
    "withdraw": lambda world: world.referral.withdraw(world.current(), world.now),
    "cancel": lambda world: world.referral.cancel(world.current(), "DUPLICATE", world.now),
    "in error": lambda world: world.referral.mark_entered_in_error(world.current(), world.now),
    "clock ends": lambda world: world.referral.end_person_clock(world.now),
}


def states(world: World) -> tuple[ReferralState, tuple[OfferState, ...]]:
    return world.referral.state, tuple(offer.state for offer in world.offers)


def reachable(
    steps: dict[ReferralState, frozenset[ReferralState]], begin: ReferralState
) -> set[ReferralState]:
    """All states to which legal steps lead, any number of them."""
    found, edge = {begin}, {begin}
    while edge:
        edge = set().union(*(steps[state] for state in edge)) - found
        found |= edge
    return found


walks = st.lists(
    st.tuples(st.sampled_from(sorted(STEPS)), st.sampled_from([0, 1, 600, 7300])), min_size=1, max_size=25
)


@settings(max_examples=400, deadline=None)
@given(walks, st.sampled_from(["GREEK_A1", "GBV_SHELTER"]))
def test_no_walk_leaves_the_tables_and_what_was_told_is_what_is(
    walk: list[tuple[str, int]], service_type: str
) -> None:
    world = World(service_type)
    told = []
    reasons: set[str] = set()
    for name, seconds in walk:
        world.now += timedelta(seconds=seconds)
        if not world.offers and name in NEEDS_AN_OFFER:
            continue
        before, offers_before = states(world)
        version, restore = world.referral.version, _copy(world)
        try:
            STEPS[name](world)
        except KemError as refused:
            reasons.add(refused.stable_reason)
            world = restore  # a refused step is rolled back with its transaction
            continue
        after, offers_after = states(world)
        assert after in reachable(dict(REFERRAL_STEPS), before)
        assert before not in FINAL_REFERRAL_STATES or after is before
        for one, other in zip(offers_before, offers_after, strict=False):
            assert one is other or other in OFFER_STEPS[one] or name == "accept"
        events = world.referral.take_events(None)
        of_referral = [event for event in events if event.aggregate_id == world.referral.referral_id]
        assert len(of_referral) <= 1, "one event per aggregate per command"
        assert world.referral.version == version + len(of_referral)
        told += [event.fact for event in events]
    assert reasons <= STABLE_REASONS
    standing = replay(told)
    assert standing.referral is world.referral.state
    assert standing.offers == {offer.offer_id: offer.state for offer in world.offers}
    assert sum(offer.is_open for offer in world.offers) <= 1
    assert sum(offer.is_taken_up for offer in world.offers) <= 1


@settings(max_examples=200, deadline=None)
@given(walks)
def test_a_restricted_referral_never_tells_which_service(walk: list[tuple[str, int]]) -> None:
    world = World("GBV_SHELTER")
    for name, _ in walk:
        if not world.offers and name in NEEDS_AN_OFFER:
            continue
        restore = _copy(world)
        try:
            STEPS[name](world)
        except KemError:
            world = restore
    for event in world.referral.take_events(None):
        assert getattr(event.fact, "service_id", None) is None
        assert getattr(event.fact, "needed_mask", None) is None
        assert getattr(event.fact, "sector", None) is None


NEEDS_AN_OFFER = {
    "accept", "accept for assessment", "decline", "wait-list", "expire", "revoke", "ask", "inform",
    "acknowledge", "return", "start", "complete", "close",
}  # fmt: skip


def _copy(world: World) -> World:
    return copy.deepcopy(world)
