"""The stream of kem.referral.v1 as far as disclosure needs it: who holds which referral."""

from datetime import UTC
from typing import Any, Final
from uuid import UUID

from google.protobuf.message import DecodeError

from chassis.batch_reader import MALFORMED, PoisonEvent, known_fact
from chassis.events import IncomingEvent
from chassis.postgres import Transaction
from kem.referral.v1 import referral_events_pb2 as proto
from kernel.ids import AgencyId, OfferId, ReferralId
from services.intake.adapters.postgres_held_referrals import PostgresHeldReferrals
from services.intake.domain.held_referral import Acceptance, Release
from services.intake.use_cases.follow_referrals import HoldingFact, follow_referrals

CONSUMER: Final = "intake.held-referrals"

_RELEASES: Final = frozenset(
    {
        "referral_returned",
        "referral_completed",
        "referral_not_completed",
        "referral_withdrawn",
        "referral_cancelled",
        "referral_entered_in_error",
    }
)


class HeldReferralsReader:
    """A BatchReader for `Service.project(CONSUMER, [topics.REFERRAL], …)`."""

    def __init__(self, held_referrals: PostgresHeldReferrals) -> None:
        self._held_referrals = held_referrals

    async def prepare(self, events: list[IncomingEvent]) -> None:
        """Nothing to ask of anybody."""

    async def apply(self, tx: Transaction, events: list[IncomingEvent], prepared: Any) -> None:
        """Follows the acceptances, returns and ends among the events; the others are none of its business."""
        facts = [fact for event in events if (fact := _holding_fact(event)) is not None]
        await follow_referrals(facts, tx, self._held_referrals)


def _holding_fact(event: IncomingEvent) -> HoldingFact | None:
    try:
        envelope = proto.ReferralEvent.FromString(event.payload)
        name = known_fact(event.event_id, envelope)
        if name == "referral_accepted":
            return HoldingFact(event.event_id, _acceptance(envelope))
        if name in _RELEASES:
            return HoldingFact(event.event_id, _release(envelope))
    except (DecodeError, ValueError):
        raise PoisonEvent(event.event_id, MALFORMED) from None
    return None


def _acceptance(envelope: proto.ReferralEvent) -> Acceptance:
    fact = envelope.referral_accepted
    return Acceptance(
        referral_id=ReferralId(UUID(envelope.referral_id)),
        referral_version=envelope.aggregate_version,
        agency_id=AgencyId(UUID(fact.agency_id)),
        offer_id=OfferId(UUID(fact.offer_id)),
        purpose=fact.purpose if fact.HasField("purpose") else None,
        needed_mask=fact.needed_mask if fact.HasField("needed_mask") else None,
        for_assessment=fact.for_assessment,
        happened_time=envelope.event_time.ToDatetime(tzinfo=UTC),
    )


def _release(envelope: proto.ReferralEvent) -> Release:
    return Release(
        referral_id=ReferralId(UUID(envelope.referral_id)),
        referral_version=envelope.aggregate_version,
        happened_time=envelope.event_time.ToDatetime(tzinfo=UTC),
    )
