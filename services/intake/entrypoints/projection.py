"""Referral's facts as far as disclosure needs them: who holds which referral, and what its type needs."""

from datetime import UTC
from functools import partial
from typing import Any, Final
from uuid import UUID

from google.protobuf.message import DecodeError

from chassis import topics
from chassis.batch_reader import MALFORMED, PoisonEvent, known_fact
from chassis.events import IncomingEvent
from chassis.postgres import Transaction
from kem.directory.v1.directory_events_pb2 import DirectoryEvent
from kem.referral.v1.referral_events_pb2 import ReferralEvent
from kernel.ids import AgencyId, OfferId, ReferralId
from services.intake.adapters.holding_news import HoldingNews
from services.intake.adapters.postgres_held_referrals import PostgresHeldReferrals
from services.intake.adapters.postgres_needed_categories import PostgresNeededCategories
from services.intake.domain.held_referral import Acceptance, Release
from services.intake.domain.needed_categories import NeededCategories
from services.intake.use_cases.follow_needed_categories import follow_needed_categories
from services.intake.use_cases.follow_referrals import HoldingFact, follow_referrals

CONSUMER: Final = "intake.held-referrals"
TOPICS: Final = (topics.REFERRAL, topics.DIRECTORY)
WINDOW_SECONDS: Final = 0.05
"""Whoever has accepted asks for the person's data at once, and waits for this reader."""

_RETURNED: Final = "referral_returned"
_ENDS: Final = frozenset(
    {
        "referral_completed",
        "referral_not_completed",
        "referral_withdrawn",
        "referral_cancelled",
        "referral_entered_in_error",
    }
)


class DisclosureFacts:
    """A BatchReader for `Service.project(CONSUMER, TOPICS, …)`."""

    def __init__(
        self,
        held_referrals: PostgresHeldReferrals,
        needed_categories: PostgresNeededCategories,
        news: HoldingNews,
    ) -> None:
        self._held_referrals = held_referrals
        self._needed_categories = needed_categories
        self._news = news

    async def prepare(self, events: list[IncomingEvent]) -> None:
        """Nothing to ask of anybody."""

    async def apply(self, tx: Transaction, events: list[IncomingEvent], prepared: Any) -> None:
        """Follows acceptances, returns, ends, and what officers set; the others are none of its business."""
        facts = [read_event(event) for event in events]
        needed = [fact for fact in facts if isinstance(fact, NeededCategories)]
        await follow_needed_categories(needed, tx, self._needed_categories)
        held = [fact for fact in facts if isinstance(fact, HoldingFact)]
        await follow_referrals(held, tx, self._held_referrals)
        tx.after_commit.append(partial(self._news.tell, {one.fact.referral_id for one in held}))


def read_event(event: IncomingEvent) -> HoldingFact | NeededCategories | None:
    """What the event says of disclosure; None where it says nothing.

    Raises:
        NewerThanReader: a fact that this version does not know.
        PoisonEvent: bytes that cannot be what the topic carries.
    """
    try:
        if event.topic == topics.DIRECTORY:
            return _needed_categories(event)
        return _holding_fact(event)
    except (DecodeError, ValueError):
        raise PoisonEvent(event.event_id, MALFORMED) from None


def _needed_categories(event: IncomingEvent) -> NeededCategories | None:
    envelope = DirectoryEvent.FromString(event.payload)
    if known_fact(event.event_id, envelope) != "needed_categories_set":
        return None
    fact = envelope.needed_categories_set
    if not fact.HasField("service_type"):
        return None  # of a restricted type, from when these were not named yet
    return NeededCategories(fact.service_type, fact.mask, envelope.aggregate_version)


def _holding_fact(event: IncomingEvent) -> HoldingFact | None:
    envelope = ReferralEvent.FromString(event.payload)
    name = known_fact(event.event_id, envelope)
    if name == "referral_accepted":
        return HoldingFact(event.event_id, _acceptance(envelope))
    if name == _RETURNED or name in _ENDS:
        return HoldingFact(event.event_id, _release(envelope, is_end=name in _ENDS))
    return None


def _acceptance(envelope: ReferralEvent) -> Acceptance:
    fact = envelope.referral_accepted
    return Acceptance(
        referral_id=ReferralId(UUID(envelope.referral_id)),
        referral_version=envelope.aggregate_version,
        agency_id=AgencyId(UUID(fact.agency_id)),
        offer_id=OfferId(UUID(fact.offer_id)),
        for_assessment=fact.for_assessment,
        happened_time=envelope.event_time.ToDatetime(tzinfo=UTC),
    )


def _release(envelope: ReferralEvent, *, is_end: bool) -> Release:
    return Release(
        referral_id=ReferralId(UUID(envelope.referral_id)),
        referral_version=envelope.aggregate_version,
        happened_time=envelope.event_time.ToDatetime(tzinfo=UTC),
        is_end=is_end,
    )
