"""A place has freed: whoever is next on the waiting list is asked for."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from chassis.postgres import Transaction
from kernel.ids import NeedId, ReferralId, UnitId
from services.referral.adapters.postgres_deadlines import Deadline, DeadlineKind
from services.referral.adapters.postgres_waitlist import MOST_AT_ONCE
from services.referral.adapters.profile_format import NeedAnswer
from services.referral.adapters.stores import Stores
from services.referral.domain.clocks import ResponsePolicy
from services.referral.domain.transitions import ReferralState
from services.referral.domain.waitlist import next_for
from services.referral.use_cases.find_provider import find_provider


@dataclass(frozen=True, slots=True)
class Turns:
    """Whose turn it is.

    Args:
        pairs: each unit with each person for whom it has a place.
        cut_off: units for which more might be next than are looked at in one go.
    """

    pairs: Sequence[tuple[UnitId, ReferralId]]
    cut_off: Set[UnitId]

    def of_referrals(self) -> dict[ReferralId, set[UnitId]]:
        """Whoever heads several lists has their turn in each."""
        found: dict[ReferralId, set[UnitId]] = {}
        for unit_id, referral_id in self.pairs:
            found.setdefault(referral_id, set()).add(unit_id)
        return found


async def turns_of(tx: Transaction, stores: Stores, rows: Sequence[Deadline]) -> Turns:
    """As many as there are free places, by urgency, group and waiting time; takes no lock."""
    freed = {row.unit_id for row in rows if row.kind is DeadlineKind.PLACE_FREED}
    pairs: list[tuple[UnitId, ReferralId]] = []
    cut_off: set[UnitId] = set()
    for unit_id in {row.unit_id for row in rows if row.unit_id}:
        free = await stores.waitlist.places_for_waiting(tx, unit_id)
        if free is not None and free <= 0:
            continue
        waiting = await stores.waitlist.of_unit(tx, unit_id)
        chosen = next_for(waiting, free, place_freed=unit_id in freed)
        if len(chosen) == MOST_AT_ONCE:
            cut_off.add(unit_id)
        pairs += [(unit_id, one.referral_id) for one in chosen]
    return Turns(pairs, cut_off)


async def promote_due(
    tx: Transaction,
    stores: Stores,
    rows: Sequence[Deadline],
    policy: ResponsePolicy,
    answers: Mapping[NeedId, NeedAnswer],
) -> list[Deadline]:
    """PLACE_FREED and LOOK_AGAIN rows. Answers those that must be looked at again in a moment.

    A place that its first in line did not take, because another held them or they went elsewhere, is the
    next one's: its row is looked at again until the place or the list is used up.
    """
    turns = await turns_of(tx, stores, rows)
    next_in_line = turns.of_referrals()
    if not next_in_line:
        return []
    locked = await stores.referrals.lock_free(tx, next_in_line)
    now = await tx.now()
    waiting_still = [one for one in locked.values() if one.state is ReferralState.WAITLISTED]
    stale = set(locked) - {one.referral_id for one in waiting_still}
    sought = await find_provider(
        tx, stores, waiting_still, policy, now, next_in_line=next_in_line, answers=answers
    )
    await stores.waitlist.remove(tx, stale)
    taken = {(offer.unit_id, offer.referral_id) for offer in sought.offers}
    unsettled = {unit_id for unit_id, one in turns.pairs if (unit_id, one) not in taken} | turns.cut_off
    return [row for row in rows if row.unit_id in unsettled]
