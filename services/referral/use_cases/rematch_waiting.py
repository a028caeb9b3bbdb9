"""The directory or a profile changed: what waits for a place or has found nobody is matched again."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import NeedId, ReferralId
from services.referral.adapters.postgres_deadlines import Deadline, DeadlineKind
from services.referral.adapters.profile_format import NeedAnswer
from services.referral.adapters.stores import Stores
from services.referral.domain.clocks import ResponsePolicy
from services.referral.domain.next_step import lacked_consent
from services.referral.domain.transitions import ReferralState
from services.referral.use_cases.find_provider import find_provider, still_held

PAGE: Final = 100
_FIRST: Final = ReferralId(UUID(int=0))
_REMATCHED: Final = frozenset({ReferralState.WAITLISTED, ReferralState.UNMATCHED})


async def rematched_by(
    tx: Transaction, stores: Stores, rows: Sequence[Deadline]
) -> tuple[set[ReferralId], list[Deadline]]:
    """Whom REMATCH rows are about, and the rows for further pages; takes no lock."""
    wanted = {row.referral_id for row in rows if row.referral_id and row.service_type is None}
    further: list[Deadline] = []
    for service_type in {row.service_type for row in rows if row.service_type}:
        after = min(row.referral_id or _FIRST for row in rows if row.service_type == service_type)
        page = await stores.referrals.waiting_of_type(tx, service_type, after, PAGE)
        wanted |= set(page)
        if len(page) == PAGE:
            now = await tx.now()
            further.append(
                Deadline(DeadlineKind.REMATCH, now, referral_id=page[-1], service_type=service_type)
            )
    return wanted, further


async def rematch_due(
    tx: Transaction,
    stores: Stores,
    rows: Sequence[Deadline],
    policy: ResponsePolicy,
    answers: Mapping[NeedId, NeedAnswer],
) -> list[Deadline]:
    """REMATCH rows: of one referral, or of a page of all that wait for a service type.

    Answers rows of those whom somebody holds just now, or about whom intake was not asked. A further page
    is a row of its own.
    """
    wanted, further = await rematched_by(tx, stores, rows)
    await stores.deadlines.add(tx, further)
    locked = await stores.referrals.lock_free(tx, wanted)
    now = await tx.now()
    referrals = [one for one in locked.values() if one.state in _REMATCHED or lacked_consent(one)]
    for referral in referrals:
        if referral.need_id in answers:
            referral.begin_round(now)
    sought = await find_provider(tx, stores, referrals, policy, now, answers=answers)
    singles = [Deadline(DeadlineKind.REMATCH, now, referral_id=one) for one in wanted]
    return await still_held(tx, stores, singles, set(locked) - sought.unasked)
