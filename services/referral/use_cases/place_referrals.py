"""Finds a provider for referrals: match, reserve, offer; or wait, or ask the person, or note a gap.

One path for all: needs just recorded (a whole batch), and single referrals that are matched again.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from chassis.postgres import Transaction
from kernel.ids import ReferralId, ServiceId, UnitId
from services.referral.adapters.postgres_deadlines import Deadline, DeadlineKind
from services.referral.adapters.postgres_matches import Match
from services.referral.adapters.postgres_waitlist import Entry
from services.referral.adapters.stores import Stores
from services.referral.domain.calendar import holidays_around
from services.referral.domain.clocks import ResponsePolicy
from services.referral.domain.considered import considered
from services.referral.domain.matching import Candidate, MatchPolicy, match
from services.referral.domain.next_step import (
    HOLD,
    NO_CONSENT,
    NextStep,
    Place,
    asked_for_this_choice,
    asks_the_person,
    closed_services,
    is_on_hold,
    next_step,
)
from services.referral.domain.offer import Offer
from services.referral.domain.offering import new_offer
from services.referral.domain.profile import Profile
from services.referral.domain.referral import Referral
from services.referral.domain.transitions import ReferralState
from services.referral.domain.waitlist import Precedence, Waiting, precedence
from services.referral.use_cases.offer_clock import offer_deadlines

Wanted = tuple[str, str | None]
_NOBODY_AHEAD: Final[Mapping[Precedence, int]] = {}
_NO_TURNS: Final[Mapping[ReferralId, Collection[UnitId]]] = {}
_HELD: Final = NextStep(awaiting_cause=HOLD)


@dataclass(slots=True)
class Placement:
    """What a placement has come to; the referrals themselves carry their new states and events."""

    offers: list[Offer] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    deadlines: list[Deadline] = field(default_factory=list)
    were_waiting: list[ReferralId] = field(default_factory=list)
    waited_by: dict[ReferralId, Offer] = field(default_factory=dict)
    """Offers that an agency answered by its waiting list, where the person was on it until now."""
    left_lists: list[Offer] = field(default_factory=list)


async def place_referrals(
    tx: Transaction,
    stores: Stores,
    referrals: Sequence[Referral],
    profiles: Mapping[ReferralId, Profile],
    policy: ResponsePolicy,
    now: datetime,
    *,
    next_in_line: Mapping[ReferralId, Collection[UnitId]] = _NO_TURNS,
    units_to_free: Collection[UnitId] = (),
) -> Placement:
    """Moves each referral to where it goes next and reserves places; writes nothing but capacity.

    Places are given in the order of waiting lists: by urgency, by published group, then by the time at which
    the need was recorded. Call `write_placement` once the referrals' rows stand.

    Args:
        referrals: locked, or not yet written; in MATCHING, WAITLISTED, UNMATCHED or (when the person has
            chosen) AWAITING_PERSON.
        profiles: one for each referral.
        next_in_line: whoever waits and has their turn now, with the units that have a place for them.
        units_to_free: where this transaction will give places back; they are locked with the others.
    """
    placement = Placement()
    ranks = {
        one.referral_id: precedence(one.urgency, profiles[one.referral_id].priority_group)
        for one in referrals
    }
    ordered = sorted(
        referrals, key=lambda one: (ranks[one.referral_id], one.recorded_time, str(one.referral_id))
    )
    steps = await _matched(tx, stores, ordered, profiles, now, placement)
    asking = [one for one in ordered if steps[one.referral_id].places]
    taken = await _reserved(tx, stores, asking, steps, ranks, next_in_line, units_to_free)
    for referral in ordered:
        referral.policy_version = policy.version
        step, place = steps[referral.referral_id], taken.get(referral.referral_id)
        _move(referral, step, place, policy, now, placement)
        if place is None and referral.state is ReferralState.WAITLISTED:
            group = profiles[referral.referral_id].priority_group
            placement.entries += [
                _entry(referral, group, one) for one in step.places if one.can_be_waited_for
            ]
        _leave_list(referral, step, place, placement)
    return placement


async def write_placement(tx: Transaction, stores: Stores, placement: Placement, now: datetime) -> None:
    """Writes what a placement has come to; the referrals' rows must stand already."""
    await stores.referrals.add_offers(tx, placement.offers)
    await stores.referrals.save_offers(tx, placement.left_lists)
    await stores.matches.add_proposals(tx, placement.matches, now)
    if placement.were_waiting:
        await stores.waitlist.remove_others(tx, placement.were_waiting, placement.entries)
    await stores.waitlist.add(tx, placement.entries)
    units = {one.waiting.unit_id for one in placement.entries}
    again = [Deadline(DeadlineKind.LOOK_AGAIN, now, unit_id=unit_id) for unit_id in units]
    await stores.deadlines.add(tx, [*placement.deadlines, *again])


async def _matched(
    tx: Transaction,
    stores: Stores,
    referrals: Sequence[Referral],
    profiles: Mapping[ReferralId, Profile],
    now: datetime,
    placement: Placement,
) -> dict[ReferralId, NextStep]:
    """Reads candidates and earlier offers for all, each by one statement, and decides one by one."""
    steps = {one.referral_id: _HELD for one in referrals if is_on_hold(one)}
    referrals = [one for one in referrals if one.referral_id not in steps]
    if not referrals:
        return steps
    wanted = {one.referral_id: _wanted(profiles[one.referral_id]) for one in referrals}
    candidates = await stores.directory.candidates(tx, list(wanted.values()))
    before = [one.referral_id for one in referrals if one.offers_made]
    offers = await stores.referrals.offers_of(tx, before) if before else {}
    overridden = [
        service_id for one in referrals if one.override_reason for service_id in one.chosen_service_ids or ()
    ]
    chosen = await stores.directory.candidates_by_id(tx, overridden) if overridden else {}
    policy = MatchPolicy(holidays=holidays_around(now))
    for referral in referrals:
        profile = profiles[referral.referral_id]
        among = _among(referral, candidates[wanted[referral.referral_id]], chosen)
        earlier = offers.get(referral.referral_id, ())
        placement.waited_by |= {
            one.referral_id: one for one in earlier if one.offer_id == referral.waiting_offer_id
        }
        place_freed = referral.state is ReferralState.WAITLISTED
        result = match(
            profile,
            among,
            referral_id=referral.referral_id,
            now=now,
            policy=policy,
            permitted=None if asks_the_person(referral) else profile.permitted_agency_ids,
            declined=closed_services(referral, earlier, place_freed=place_freed),
        )
        asked_already = asked_for_this_choice(referral, earlier, place_freed=place_freed)
        step = next_step(referral, result, asked_already=asked_already)
        if step.awaiting_cause == NO_CONSENT:
            result = match(
                profile,
                among,
                referral_id=referral.referral_id,
                now=now,
                policy=policy,
                permitted=None,
                declined=frozenset(),
            )
            step = NextStep(awaiting_cause=NO_CONSENT, proposals=len(result.proposals))
        referral.matches_made += 1
        steps[referral.referral_id] = replace(step, considered=considered(result, referral.matches_made))
        placement.matches.append(Match(referral.referral_id, referral.matches_made, result))
        if result.reopens_time is not None and step.unmatched_reason:
            placement.deadlines.append(
                Deadline(
                    DeadlineKind.REMATCH,
                    result.reopens_time,
                    referral_id=referral.referral_id,
                    detail="DIRECTORY_CHANGED",
                )
            )
    return steps


async def _reserved(
    tx: Transaction,
    stores: Stores,
    referrals: Sequence[Referral],
    steps: Mapping[ReferralId, NextStep],
    ranks: Mapping[ReferralId, Precedence],
    next_in_line: Mapping[ReferralId, Collection[UnitId]],
    units_to_free: Collection[UnitId],
) -> dict[ReferralId, Place]:
    """Reserves for each referral the first of its places that is granted; whoever is ahead waits first.

    Usually one statement for all, which locks units in their order. Only where somebody else was quicker
    are the next places tried; for those it does not wait, because it holds units already: whoever gets none
    so is looked at again in a moment.
    """
    if not referrals:
        return {}
    units = {place.unit_id for one in referrals for place in steps[one.referral_id].places}
    ahead = await stores.waitlist.counts(tx, units)
    left: dict[UnitId, int] = {}
    granted: dict[ReferralId, Place] = {}
    asking, holds_units = list(referrals), False
    while asking:
        tries: list[tuple[Referral, Place]] = []
        for referral in asking:
            places, turn = steps[referral.referral_id].places, next_in_line.get(referral.referral_id, ())
            place = _first_free(places, ranks[referral.referral_id], turn, ahead, left)
            if place is not None:
                tries.append((referral, place))
        if not tries:
            return granted
        wanted = [place.unit_id for _, place in tries]
        if units_to_free and not holds_units:
            await stores.capacity.lock_units(tx, [*wanted, *units_to_free])
        grants = await stores.capacity.reserve(tx, wanted, waiting=not holds_units)
        holds_units = True
        asking = []
        for referral, place in tries:
            if grants.get(place.unit_id, 0) > 0:
                grants[place.unit_id] -= 1
                granted[referral.referral_id] = place
            else:
                left[place.unit_id] = 0
                asking.append(referral)
    return granted


def _first_free(
    places: Iterable[Place],
    rank: Precedence,
    turn: Collection[UnitId],
    ahead: Mapping[UnitId, Mapping[Precedence, int]],
    left: dict[UnitId, int],
) -> Place | None:
    """The first place that is free for a referral of this rank, counted as taken from now on."""
    for place in places:
        unit_id = place.unit_id
        if place.free_places is None:
            if left.get(unit_id) != 0:
                return place
            continue
        free = left.setdefault(unit_id, place.free_places)
        before = sum(
            number
            for waiting, number in ahead.get(unit_id, _NOBODY_AHEAD).items()
            if waiting <= rank and unit_id not in turn
        )
        if free - before > 0:
            left[unit_id] = free - 1
            return place
    return None


def _move(
    referral: Referral,
    step: NextStep,
    place: Place | None,
    policy: ResponsePolicy,
    now: datetime,
    placement: Placement,
) -> None:
    """One step of one referral, with what follows from it."""
    clock = policy.clocks[referral.urgency]
    was_waiting = referral.state is ReferralState.WAITLISTED
    if was_waiting:
        placement.were_waiting.append(referral.referral_id)
    if place is not None:
        offer = new_offer(referral, place, clock, now)
        referral.put_offer(offer, step.considered)
        placement.offers.append(offer)
        placement.deadlines += offer_deadlines(offer, clock)
    elif step.places:
        if not was_waiting:
            referral.wait(step.considered)
    elif referral.state is ReferralState.AWAITING_PERSON:
        return
    elif step.awaiting_cause is not None:
        referral.await_person(step.awaiting_cause, step.proposals, step.considered)
    elif referral.state is not ReferralState.UNMATCHED and step.unmatched_reason is not None:
        referral.find_nobody(step.unmatched_reason, step.considered)


def _leave_list(referral: Referral, step: NextStep, place: Place | None, placement: Placement) -> None:
    """The agency that had the person on its list hears of it, unless it is the one that is asked."""
    offer = placement.waited_by.get(referral.referral_id)
    if offer is None:
        return
    if place is None:
        waits_still = any(one.unit_id == offer.unit_id and one.can_be_waited_for for one in step.places)
        if waits_still and referral.state is ReferralState.WAITLISTED:
            return
    elif place.agency_id == offer.agency_id:
        referral.waiting_offer_id = None
        return
    referral.leave_list(offer)
    placement.left_lists.append(offer)


def _entry(referral: Referral, priority_group: int, place: Place) -> Entry:
    """A person has waited since their need was recorded, whichever list they come to later."""
    since = referral.recorded_time
    waiting = Waiting(referral.referral_id, place.unit_id, referral.urgency, since, priority_group)
    return Entry(waiting, place.service_id, place.agency_id)


def _wanted(profile: Profile) -> Wanted:
    return profile.service_type, profile.district


def _among(
    referral: Referral, found: tuple[Candidate, ...], chosen: Mapping[ServiceId, Candidate]
) -> tuple[Candidate, ...]:
    """The candidates of the area, and whatever was chosen with a reason although it lies outside."""
    if not referral.override_reason or not referral.chosen_service_ids:
        return found
    known = {one.service_id for one in found}
    further = [chosen[one] for one in referral.chosen_service_ids if one in chosen and one not in known]
    return (*found, *further)
