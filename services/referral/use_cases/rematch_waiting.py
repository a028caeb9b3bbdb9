"""The directory or a profile changed: what waits for a place or has found nobody is matched again."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import ReferralId
from services.referral.adapters.postgres_deadlines import Deadline, DeadlineKind
from services.referral.adapters.stores import Stores
from services.referral.domain.clocks import ResponsePolicy
from services.referral.domain.referral import Referral
from services.referral.domain.transitions import ReferralState
from services.referral.use_cases.find_provider import find_provider, still_held

PAGE: Final = 100
_FIRST: Final = ReferralId(UUID(int=0))
_REMATCHED: Final = frozenset({ReferralState.WAITLISTED, ReferralState.UNMATCHED})


async def rematch_due(
    tx: Transaction, stores: Stores, rows: Sequence[Deadline], policy: ResponsePolicy
) -> list[Deadline]:
    """REMATCH rows: of one referral, or of a page of all that wait for a service type.

    Answers the rows whose referral somebody holds just now. A further page is a row of its own.
    """
    wanted = {row.referral_id for row in rows if row.referral_id and row.service_type is None}
    for service_type in {row.service_type for row in rows if row.service_type}:
        after = min(row.referral_id or _FIRST for row in rows if row.service_type == service_type)
        page = await stores.referrals.waiting_of_type(tx, service_type, after, PAGE)
        wanted |= set(page)
        if len(page) == PAGE:
            now = await tx.now()
            further = Deadline(DeadlineKind.REMATCH, now, referral_id=page[-1], service_type=service_type)
            await stores.deadlines.add(tx, [further])
    locked = await stores.referrals.lock_free(tx, wanted)
    now = await tx.now()
    referrals = [one for one in locked.values() if _may_move(one)]
    for referral in referrals:
        referral.begin_round(now)
    await find_provider(tx, stores, referrals, policy, now)
    singles = [Deadline(DeadlineKind.REMATCH, now, referral_id=one) for one in wanted]
    return await still_held(tx, stores, singles, set(locked))


def _may_move(referral: Referral) -> bool:
    """Waiting, without anybody who fits, or with the person for lack of consent before anybody was asked."""
    return referral.state in _REMATCHED or (
        referral.state is ReferralState.AWAITING_PERSON and not referral.offers_made
    )
