"""Seeks the next provider for referrals that stand in the database, by one path for every occasion."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import ReferralId, UnitId
from services.referral.adapters.postgres_deadlines import Deadline, DeadlineKind
from services.referral.adapters.stores import Stores
from services.referral.domain.clocks import ResponsePolicy
from services.referral.domain.offer import Offer
from services.referral.domain.profile import Profile
from services.referral.domain.referral import Referral
from services.referral.domain.transitions import ReferralState
from services.referral.use_cases.place_referrals import place_referrals, write_placement


async def find_provider(
    tx: Transaction,
    stores: Stores,
    referrals: Sequence[Referral],
    policy: ResponsePolicy,
    now: datetime,
    *,
    next_in_line: Mapping[ReferralId, UnitId] | None = None,
    causation_id: UUID | None = None,
) -> list[Offer]:
    """Moves locked referrals on and writes everything; answers the offers that were put.

    A referral whose profile is gone (the person is erased) stays where it is.
    """
    profiles: dict[ReferralId, Profile] = await stores.matches.profiles(
        tx, [one.referral_id for one in referrals]
    )
    known = [one for one in referrals if one.referral_id in profiles]
    placement = await place_referrals(
        tx, stores, known, profiles, policy, now, next_in_line=next_in_line or {}
    )
    await stores.referrals.save_all(tx, known, causation_id)
    await stores.matches.add_gaps(tx, [gap for one in known for gap in one.gaps], now)
    await write_placement(tx, stores, placement, now)
    return placement.offers


async def find_provider_soon(
    tx: Transaction, stores: Stores, referral_ids: Sequence[ReferralId], now: datetime
) -> None:
    """Leaves the seeking to a timer, which sees every agency; an agency's own call sees only its own."""
    await stores.deadlines.add(
        tx, [Deadline(DeadlineKind.FIND_PROVIDER, now, referral_id=one) for one in referral_ids]
    )


async def seek_due(
    tx: Transaction, stores: Stores, rows: Sequence[Deadline], policy: ResponsePolicy
) -> list[Deadline]:
    """FIND_PROVIDER rows: whoever is still in MATCHING. Answers the rows whose referral somebody holds."""
    wanted = {row.referral_id for row in rows if row.referral_id}
    locked = await stores.referrals.lock_free(tx, wanted)
    now = await tx.now()
    matching = [one for one in locked.values() if one.state is ReferralState.MATCHING]
    await find_provider(tx, stores, matching, policy, now)
    return await still_held(tx, stores, rows, set(locked))


async def still_held(
    tx: Transaction, stores: Stores, rows: Sequence[Deadline], locked: set[ReferralId]
) -> list[Deadline]:
    """The rows whose referral exists but is held by somebody else just now: look again in a moment."""
    missing = {row.referral_id for row in rows if row.referral_id and row.referral_id not in locked}
    if not missing:
        return []
    existing = await stores.referrals.existing(tx, missing)
    return [row for row in rows if row.referral_id in existing]
