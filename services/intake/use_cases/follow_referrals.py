"""Keeps who holds which referral, as kem.referral.v1 tells it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.batch_reader import PoisonEvent
from chassis.postgres import Transaction
from services.intake.adapters.postgres_held_referrals import PostgresHeldReferrals
from services.intake.domain.held_referral import Acceptance, HeldReferral, Release, follow


@dataclass(frozen=True, slots=True)
class HoldingFact:
    """An acceptance or a release, and the event that told it."""

    event_id: UUID
    fact: Acceptance | Release


async def follow_referrals(
    facts: Sequence[HoldingFact], tx: Transaction, held_referrals: PostgresHeldReferrals
) -> None:
    """Applies the facts in their order, by four statements whatever their number. Repeat-safe.

    Raises:
        PoisonEvent: REFERRAL_UNKNOWN, it began from no need of this database.
    """
    if not facts:
        return
    referral_ids = sorted({one.fact.referral_id for one in facts})
    origins = await held_referrals.origins(tx, referral_ids)
    known: dict[UUID, HeldReferral] = dict(await held_referrals.lock(tx, referral_ids))
    changed: dict[UUID, HeldReferral] = {}
    for one in facts:
        referral_id = one.fact.referral_id
        origin = origins.get(referral_id)
        if origin is None:
            raise PoisonEvent(one.event_id, "REFERRAL_UNKNOWN")
        changed[referral_id] = follow(changed.get(referral_id) or known.get(referral_id), one.fact, origin)
    await held_referrals.save(tx, [changed[referral_id] for referral_id in sorted(changed)])
