"""Seeks the next provider for referrals that stand in the database, by one path for every occasion."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from chassis.together import Writing
from kernel.ids import NeedId, ReferralId, UnitId
from services.referral.adapters.postgres_deadlines import Deadline, DeadlineKind
from services.referral.adapters.profile_format import NeedAnswer, Standing
from services.referral.adapters.stores import Stores
from services.referral.domain.clocks import ResponsePolicy
from services.referral.domain.offer import Offer
from services.referral.domain.profile import Profile
from services.referral.domain.referral import Referral
from services.referral.domain.transitions import ReferralState
from services.referral.use_cases.place_referrals import place_referrals, write_placement
from services.referral.use_cases.places import Freeing
from services.referral.use_cases.renew_profiles import renew_profiles
from services.referral.use_cases.withdraw_needs import withdraw_referrals


@dataclass(frozen=True, slots=True)
class Sought:
    """What came of seeking.

    Args:
        offers: those that were put.
        unasked: intake was not asked about these just now, so they stayed where they were.
    """

    offers: Sequence[Offer]
    unasked: frozenset[ReferralId] = frozenset()


async def find_provider(
    tx: Transaction,
    stores: Stores,
    referrals: Sequence[Referral],
    policy: ResponsePolicy,
    now: datetime,
    *,
    next_in_line: Mapping[ReferralId, Collection[UnitId]] | None = None,
    answers: Mapping[NeedId, NeedAnswer] | None = None,
    causation_id: UUID | None = None,
) -> Sought:
    """Moves locked referrals on and writes everything.

    A referral whose person is erased, or has withdrawn the whole consent, is withdrawn: nobody holds it.
    Whose group on waiting lists turns out to be another one has no turn until the lists are looked at again.

    Args:
        answers: what intake said just before this transaction: consent and agreements end by time alone, so
            a timer asks again before each offer. None where the caller has just saved the profiles.

    Raises:
        LookupError: intake does not know one of the needs.
    """
    unasked: frozenset[ReferralId] = frozenset()
    turns = dict(next_in_line or {})
    if answers is not None:
        unasked = frozenset(one.referral_id for one in referrals if one.need_id not in answers)
        referrals = [one for one in referrals if one.referral_id not in unasked]
        for referral_id in await _refresh(tx, stores, referrals, answers, now):
            turns.pop(referral_id, None)
    profiles: dict[ReferralId, Profile] = await stores.matches.profiles(
        tx, [one.referral_id for one in referrals]
    )
    standing = {one: profile for one, profile in profiles.items() if not profile.consent_withdrawn}
    known = [one for one in referrals if one.referral_id in standing]
    gone = [one for one in referrals if one.referral_id not in standing]
    nothing_held: Freeing = []
    await withdraw_referrals(tx, stores, gone, causation_id, now, nothing_held)
    placement = await place_referrals(tx, stores, known, standing, policy, now, next_in_line=turns)
    await stores.referrals.save_all(tx, known, causation_id)
    await stores.matches.add_gaps(tx, [gap for one in known for gap in one.gaps], now)
    await write_placement(tx, stores, placement, now)
    return Sought(placement.offers, unasked)


async def _refresh(
    tx: Transaction,
    stores: Stores,
    referrals: Sequence[Referral],
    answers: Mapping[NeedId, NeedAnswer],
    now: datetime,
) -> Set[ReferralId]:
    """Answers those who wait and have another group now."""
    told = {one.referral_id: answers[one.need_id] for one in referrals}
    if any(answer.standing is Standing.UNKNOWN for answer in told.values()):
        raise LookupError("intake does not know a need that is being matched")
    renewed = await renew_profiles(tx, stores, referrals, told, now)
    over = [one for one, answer in told.items() if answer.standing is not Standing.ACTIVE]
    await stores.matches.forget_profiles(tx, over)
    return renewed.regrouped


async def find_provider_soon(
    tx: Writing, stores: Stores, referral_ids: Sequence[ReferralId], now: datetime
) -> None:
    """Leaves the seeking to a timer, which sees every agency; an agency's own call sees only its own."""
    await stores.deadlines.add(
        tx, [Deadline(DeadlineKind.FIND_PROVIDER, now, referral_id=one) for one in referral_ids]
    )


def sought_by(rows: Sequence[Deadline]) -> set[ReferralId]:
    """Whom FIND_PROVIDER rows are about."""
    return {row.referral_id for row in rows if row.referral_id}


async def seek_due(
    tx: Transaction,
    stores: Stores,
    rows: Sequence[Deadline],
    policy: ResponsePolicy,
    answers: Mapping[NeedId, NeedAnswer],
) -> list[Deadline]:
    """FIND_PROVIDER rows: whoever is still in MATCHING.

    Answers the rows whose referral somebody holds, and those about whom intake was not asked.
    """
    locked = await stores.referrals.lock_free(tx, sought_by(rows))
    now = await tx.now()
    matching = [one for one in locked.values() if one.state is ReferralState.MATCHING]
    sought = await find_provider(tx, stores, matching, policy, now, answers=answers)
    return await still_held(tx, stores, rows, set(locked) - sought.unasked)


async def still_held(
    tx: Transaction, stores: Stores, rows: Sequence[Deadline], locked: set[ReferralId]
) -> list[Deadline]:
    """The rows whose referral exists but is held by somebody else just now: look again in a moment."""
    missing = {row.referral_id for row in rows if row.referral_id and row.referral_id not in locked}
    if not missing:
        return []
    existing = await stores.referrals.existing(tx, missing)
    return [row for row in rows if row.referral_id in existing]
