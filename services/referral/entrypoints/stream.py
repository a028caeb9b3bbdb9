"""The Kafka door: what intake, its agreements and notifications tell, in batches, each in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis import topics
from chassis.batch_reader import PoisonEvent
from chassis.caller import Caller
from chassis.events import IncomingEvent
from chassis.postgres import Database, Transaction
from kernel.ids import BeneficiaryId, NeedId, ReferralId
from services.referral.adapters.intake_client import IntakeClient
from services.referral.adapters.postgres_contact_attempts import HeardAttempt
from services.referral.adapters.profile_format import NeedAnswer, Standing
from services.referral.adapters.stores import Stores
from services.referral.entrypoints.translate_events import NeedWithdrawal, Read, read_event
from services.referral.use_cases.follow_agreement import AgreementChange, follow_agreement
from services.referral.use_cases.follow_handovers import Handover, follow_handovers
from services.referral.use_cases.follow_profiles import ProfileNews, follow_profiles
from services.referral.use_cases.note_deliveries import Delivered, delivered_offers, note_deliveries
from services.referral.use_cases.places import Freeing, give_back_all
from services.referral.use_cases.record_referrals import RecordedNeed, record_referrals
from services.referral.use_cases.withdraw_needs import withdraw_referrals

CONSUMER: Final = "referral"
TOPICS: Final = (topics.INTAKE, topics.DISCLOSURE, topics.NOTIFICATIONS)

UNKNOWN_NEED: Final = "UNKNOWN_NEED"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What intake said, before the transaction, of every need that the batch is about."""

    answers: Mapping[NeedId, NeedAnswer]


class ReferralBatches:
    """Reads batches for the stream runner.

    Within a batch needs just recorded come last, and places are given back behind them, so that locks are
    taken in the agreed order (referral, offer, then capacity by unit). Only a withdrawal of such a need comes
    after it; nothing else depends on that order, because the profiles were fetched after the events had
    happened.
    """

    def __init__(self, database: Database, stores: Stores, intake: IntakeClient) -> None:
        self._database = database
        self._stores = stores
        self._intake = intake
        self._caller = Caller.of_service("referral")

    async def prepare(self, events: list[IncomingEvent]) -> Prepared:
        """One call to intake for all needs that are new and all unfinished needs of people with news.

        Raises:
            Unavailable: intake is away; the batch is tried again in place.
            PoisonEvent: an event says what cannot be, or its need is unknown to intake.
        """
        read = [read_event(event) for event in events]
        needs = {one.need_id: one.event_id for one in read if isinstance(one, RecordedNeed)}
        asked = list(needs)
        batch = _Batch(read)
        if batch.news:
            async with self._database.transaction(self._caller) as tx:
                asked += [NeedId(row["need_id"]) for row, _ in await self._touched(tx, batch)]
        answers = await self._intake.get_profiles(asked) if asked else {}
        for need_id, event_id in needs.items():
            if answers[need_id].standing is Standing.UNKNOWN:
                raise PoisonEvent(event_id, UNKNOWN_NEED)
        return Prepared(answers)

    async def apply(self, tx: Transaction, events: list[IncomingEvent], prepared: Prepared) -> None:
        """Acts on the batch; the events are new to this consumer."""
        batch = _Batch([read_event(event) for event in events])
        stores = self._stores
        delivered, to_lock = await delivered_offers(tx, stores, batch.deliveries)
        causes = {ReferralId(row["referral_id"]): cause for row, cause in await self._touched(tx, batch)}
        to_lock |= set(causes)
        to_lock |= {one.referral_id for one in batch.withdrawals}
        to_lock |= {one.referral_id for one in batch.handovers}
        locked = await stores.referrals.lock_all(tx, map(ReferralId, to_lock)) if to_lock else {}
        now = await tx.now()
        freeing: Freeing = []
        await note_deliveries(tx, stores, delivered)
        for withdrawal in batch.withdrawals:
            if withdrawal.referral_id in locked:
                await withdraw_referrals(
                    tx, stores, [locked[withdrawal.referral_id]], withdrawal.event_id, now, freeing
                )
        await follow_handovers(tx, stores, batch.handovers, locked, now, freeing)
        for change in batch.agreements:
            await follow_agreement(tx, stores, change, now)
        touched = [one for one in locked.values() if one.referral_id in causes]
        if touched:
            await follow_profiles(tx, stores, touched, causes, prepared.answers, now, freeing)
        if batch.needs:
            await self._record(tx, batch, prepared, now, freeing)
        await stores.contact_attempts.add(tx, batch.attempts)
        await give_back_all(tx, stores, freeing, now)

    async def _record(
        self, tx: Transaction, batch: "_Batch", prepared: Prepared, now: datetime, freeing: Freeing
    ) -> None:
        """Needs just recorded, then those withdrawals that came in the same batch."""
        stores = self._stores
        policy = await stores.policies.in_force(tx, now)
        units_to_free = {offer.unit_id for hold, offer in freeing if hold is not None}
        await record_referrals(tx, stores, batch.needs, prepared.answers, policy, now, units_to_free)
        recorded = {one.referral_id for one in batch.needs}
        for withdrawal in batch.withdrawals:
            if withdrawal.referral_id in recorded:
                fresh = await stores.referrals.lock_all(tx, [withdrawal.referral_id])
                await withdraw_referrals(tx, stores, fresh.values(), withdrawal.event_id, now, freeing)

    async def _touched(self, tx: Transaction, batch: "_Batch") -> list[tuple[Mapping[str, UUID], UUID]]:
        """Unfinished referrals about which intake may say something new, each with the event that says so."""
        if not batch.news:
            return []
        causes = {one.beneficiary_id: one.event_id for one in batch.news}
        found = await self._stores.referrals.unfinished_of(tx, causes)
        return [(row, causes[BeneficiaryId(row["beneficiary_id"])]) for row in found]


class _Batch:
    """A batch sorted by what is to be done."""

    def __init__(self, read: list[Read | None]) -> None:
        self.needs = [one for one in read if isinstance(one, RecordedNeed)]
        self.withdrawals = [one for one in read if isinstance(one, NeedWithdrawal)]
        self.news = [one for one in read if isinstance(one, ProfileNews)]
        self.handovers = [one for one in read if isinstance(one, Handover)]
        self.agreements = [one for one in read if isinstance(one, AgreementChange)]
        self.deliveries = [one for one in read if isinstance(one, Delivered)]
        self.attempts = [one for one in read if isinstance(one, HeardAttempt)]
