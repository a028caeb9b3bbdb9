"""What comes next for a referral that is being matched: whom to ask, where to wait, or who decides."""

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

from kernel.codes import Routing
from kernel.ids import ActivityId, AgencyId, ServiceId, UnitId
from services.referral.domain.conditions import Exclusion
from services.referral.domain.considered import Considered
from services.referral.domain.matching import MatchResult
from services.referral.domain.offer import Offer
from services.referral.domain.referral import Referral
from services.referral.domain.reoffers import may_be_asked_again
from services.referral.domain.transitions import OfferState, ReferralState

ASK_FIRST = "ASK_FIRST"
HOLD = "HOLD"
LIST_ENDED = "LIST_ENDED"
NO_CONSENT = "NO_CONSENT"

OVERRIDABLE = frozenset(Exclusion) - {
    Exclusion.TYPE,
    Exclusion.AGREEMENT,
    Exclusion.CONSENT,
    Exclusion.SUSPENDED,
    Exclusion.NO_PLACE,
    Exclusion.CLOSED,
}
"""Conditions that a named worker may set aside with a reason; the others no reason can set aside."""


@dataclass(frozen=True, slots=True)
class Place:
    """One unit of one service that the person could go to, as it stood when candidates were read.

    Args:
        free_places: None when unlimited.
        can_be_waited_for: False where it never has a place.
    """

    service_id: ServiceId
    agency_id: AgencyId
    service_version: int
    unit_id: UnitId
    activity_id: ActivityId | None
    free_places: int | None
    can_be_waited_for: bool


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do: take the first of `places` that is granted, else wait for those that can be waited for.
    Without any, let the person decide (`awaiting_cause`) or note that nobody fits (`unmatched_reason`).

    Args:
        proposals: how many services the person can choose from.
        considered: the match behind it.
    """

    places: tuple[Place, ...] = ()
    awaiting_cause: str | None = None
    unmatched_reason: str | None = None
    proposals: int = 0
    considered: Considered | None = None


def asks_the_person(referral: Referral) -> bool:
    """Whether nothing may be offered before the person has chosen."""
    if referral.chosen_service_ids is not None:
        return False
    return referral.routing is not Routing.CONSENTED or referral.is_restricted


def lacked_consent(referral: Referral) -> bool:
    """It was to go out at once, and nobody whom it could go to was permitted."""
    return (
        referral.state is ReferralState.AWAITING_PERSON
        and not asks_the_person(referral)
        and referral.chosen_service_ids is None
        and not referral.offers_made
        and referral.clock_ended_time is None
    )


def is_on_hold(referral: Referral) -> bool:
    """Whether nothing is even proposed until somebody asks."""
    return referral.routing is Routing.HOLD and referral.chosen_service_ids is None


def closed_services(
    referral: Referral, offers: Iterable[Offer], *, place_freed: bool = False
) -> frozenset[ServiceId]:
    """Services that are not asked (again) in this round, and those that never are.

    Args:
        place_freed: whoever put the person on a waiting list may be asked, for that is what it is for.
    """
    return frozenset(
        offer.service_id
        for offer in offers
        if not (place_freed and offer.state is OfferState.WAITLISTED)
        and not may_be_asked_again(offer, round_start_time=referral.round_start_time)
    )


def asked_for_this_choice(
    referral: Referral, offers: Iterable[Offer], *, place_freed: bool = False
) -> frozenset[ServiceId]:
    """Services that were asked since the person chose, and are closed: no override opens them once more.

    A service that said no before the choice may have been chosen all the same, with a reason.
    """
    chosen_time = referral.chosen_time
    if chosen_time is None:
        return frozenset()
    since = [offer for offer in offers if offer.offered_time >= chosen_time]
    return closed_services(referral, since, place_freed=place_freed)


def next_step(
    referral: Referral, result: MatchResult, *, asked_already: Set[ServiceId] = frozenset()
) -> NextStep:
    """Decides; pure, so that the same match always leads to the same step.

    Args:
        result: matched among permitted agencies only, unless the person is asked first.
        asked_already: `asked_for_this_choice`, where there is an override.
    """
    if is_on_hold(referral):
        return NextStep(awaiting_cause=HOLD)
    if asks_the_person(referral):
        if result.proposals:
            return NextStep(awaiting_cause=ASK_FIRST, proposals=len(result.proposals))
        return NextStep(unmatched_reason=result.unmatched_reason)
    places = tuple(
        place
        for place in _in_order(referral, result, asked_already)
        if place.free_places is None or place.can_be_waited_for
    )
    if places:
        return NextStep(places=places)
    if referral.chosen_service_ids is not None or referral.offers_made:
        return NextStep(awaiting_cause=LIST_ENDED)
    if result.unmatched_reason == NO_CONSENT:
        return NextStep(awaiting_cause=NO_CONSENT)
    return NextStep(unmatched_reason=result.unmatched_reason)


def _in_order(referral: Referral, result: MatchResult, asked_already: Set[ServiceId]) -> Iterator[Place]:
    """The person's order where they chose, else the score's; of each service the units in their order."""
    fitting = {one.service_id: (one.candidate, one.units) for one in result.proposals}
    order: Sequence[ServiceId] = list(fitting)
    if referral.chosen_service_ids is not None:
        order = referral.chosen_service_ids
        if referral.override_reason is not None:
            fitting |= {
                one.service_id: (one, one.units)
                for one, reason in result.excluded
                if reason in OVERRIDABLE and one.service_id not in asked_already
            }
    for service_id in order:
        candidate, units = fitting.get(service_id, (None, ()))
        for unit in units:
            if candidate is not None:
                yield Place(
                    candidate.service_id,
                    candidate.agency_id,
                    candidate.version,
                    unit.unit_id,
                    unit.activity_id,
                    unit.free_places,
                    unit.can_be_waited_for,
                )
