"""A place has freed: whoever is next on the waiting list is asked for."""

from collections.abc import Sequence

from chassis.postgres import Transaction
from kernel.ids import ReferralId, UnitId
from services.referral.adapters.postgres_deadlines import Deadline, DeadlineKind
from services.referral.adapters.postgres_waitlist import MOST_AT_ONCE
from services.referral.adapters.stores import Stores
from services.referral.domain.clocks import ResponsePolicy
from services.referral.domain.transitions import ReferralState
from services.referral.domain.waitlist import next_for
from services.referral.use_cases.find_provider import find_provider


async def promote_due(
    tx: Transaction, stores: Stores, rows: Sequence[Deadline], policy: ResponsePolicy
) -> list[Deadline]:
    """PLACE_FREED and LOOK_AGAIN rows. Answers those that must be looked at again in a moment.

    As many get an offer as there are free places, by urgency, group and waiting time. Somebody whom another
    transaction holds is not passed over for good: the list is looked at again.
    """
    freed = {row.unit_id for row in rows if row.kind is DeadlineKind.PLACE_FREED}
    next_in_line: dict[ReferralId, UnitId] = {}
    is_cut_off: set[UnitId] = set()
    for unit_id in {row.unit_id for row in rows if row.unit_id}:
        free = await stores.waitlist.places_for_waiting(tx, unit_id)
        if free is not None and free <= 0:
            continue
        waiting = await stores.waitlist.of_unit(tx, unit_id)
        chosen = next_for(waiting, free, place_freed=unit_id in freed)
        if len(chosen) == MOST_AT_ONCE:
            is_cut_off.add(unit_id)
        for one in chosen:
            next_in_line.setdefault(one.referral_id, unit_id)
    if not next_in_line:
        return []
    locked = await stores.referrals.lock_free(tx, next_in_line)
    now = await tx.now()
    waiting_still = [one for one in locked.values() if one.state is ReferralState.WAITLISTED]
    offers = await find_provider(tx, stores, waiting_still, policy, now, next_in_line=next_in_line)
    stale = [one.referral_id for one in locked.values() if one.state not in (ReferralState.WAITLISTED,)]
    await stores.waitlist.remove(tx, stale)
    promoted = {offer.referral_id for offer in offers}
    unsettled = {unit for one, unit in next_in_line.items() if one not in promoted} | is_cut_off
    return [row for row in rows if row.unit_id in unsettled]
