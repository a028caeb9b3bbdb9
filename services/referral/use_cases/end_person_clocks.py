"""The person's clock runs out without a positive answer: the sender's desk hears of it."""

from collections.abc import Sequence

from chassis.postgres import Transaction
from services.referral.adapters.postgres_deadlines import Deadline
from services.referral.adapters.stores import Stores
from services.referral.domain.referral import Referral
from services.referral.use_cases.find_provider import still_held


async def end_person_clocks(tx: Transaction, stores: Stores, rows: Sequence[Deadline]) -> list[Deadline]:
    """PERSON_CLOCK rows. Told once per referral; answers the rows whose referral somebody holds just now."""
    locked = await stores.referrals.lock_free(tx, {row.referral_id for row in rows if row.referral_id})
    now = await tx.now()
    ended = [one for one in locked.values() if _runs_out(one) and one.person_due_time <= now]
    for referral in ended:
        referral.end_person_clock(now)
    await stores.referrals.save_all(tx, ended)
    return await still_held(tx, stores, rows, set(locked))


def _runs_out(referral: Referral) -> bool:
    return not referral.is_final and referral.answered_time is None and referral.clock_ended_time is None
