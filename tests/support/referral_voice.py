"""The referral service as far as others hear it: facts through its own outbox and relay, on a real broker."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from google.protobuf.message import Message

from chassis.caller import Caller
from chassis.postgres import Database
from chassis.relay import Relay
from kem.referral.v1 import referral_events_pb2 as facts
from tests.support.postgres import FreshDatabase
from tests.support.referral_facts import outgoing


@dataclass(frozen=True, slots=True)
class ReferralVoice:
    """Says what happened to referrals; needs schema referral in the database."""

    database: Database

    async def say(self, fact: Message, referral_id: UUID, version: int) -> None:
        """Commits the fact to the outbox; the relay sends it."""
        async with self.database.transaction(Caller.of_service("referral")) as tx:
            tx.publish(outgoing(fact, referral_id=referral_id, event_time=datetime.now(UTC), version=version))


@asynccontextmanager
async def referral_voice(database: FreshDatabase, bootstrap: str) -> AsyncIterator[ReferralVoice]:
    """Opens schema referral and relays what is said."""
    opened = await Database.open(database.worker_url("referral"), schema="referral")
    relay = Relay(opened, bootstrap, "referral", idempotence=False)
    relaying = asyncio.create_task(relay.run())
    try:
        yield ReferralVoice(opened)
    finally:
        relay.stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(relaying, 5)
        await opened.close()


def accepted(
    agency_id: UUID,
    *,
    purpose: str | None = None,
    needed_mask: int | None = None,
    for_assessment: bool = False,
    offer_id: UUID | None = None,
) -> facts.ReferralAccepted:
    """An agency took the referral up; without purpose and mask it is for a restricted service."""
    return facts.ReferralAccepted(
        offer_id=str(offer_id or uuid4()),
        agency_id=str(agency_id),
        purpose=purpose,
        needed_mask=needed_mask,
        for_assessment=for_assessment,
    )
