"""Many facts at once, written to the referral service's outbox as one commit: what follows is the product's.

The facts are ReferralOffered of referrals that do not exist, for agencies in turn. The stack that takes them
is of no use afterwards but for measuring.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from chassis.topics import REFERRAL
from kem.common.v1 import common_pb2
from kem.referral.v1 import referral_events_pb2
from kernel.ids import ordered_id, random_id
from tools.stack.failure import StackFailure
from tools.stack.postgres_admin import SUPERUSER
from tools.stack.stack import Stack

PATIENCE_SECONDS = 300.0
_TYPE = "ReferralOffered"
_COLUMNS = ("event_id", "topic", "key", "aggregate_id", "aggregate_version", "type", "event_time", "payload")


class Flood:
    """The outbox, event log and progress of one stack; close it when done."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    @staticmethod
    async def on(stack: Stack) -> "Flood":
        """Connects as superuser: no service may write another one's outbox."""
        return Flood(await asyncpg.connect(stack.postgres.url(SUPERUSER)))

    async def offers(self, agencies: Sequence[UUID], number: int) -> float:
        """So many offers, dealt out to the agencies; answers the monotonic second after the commit."""
        rows = [_row(agencies[n % len(agencies)]) for n in range(number)]
        await self._connection.copy_records_to_table(
            "outbox", schema_name="referral", columns=_COLUMNS, records=rows
        )
        return time.monotonic()

    async def until_published(self) -> float:
        """When the broker had acknowledged everything: a monotonic second."""
        return await self._until(
            """select not exists (select from referral.outbox)
               and (select position = logged_position from referral.publication)"""
        )

    async def until_read(self, schema: str, consumer: str) -> float:
        """When the consumer's commits had covered everything that is published: a monotonic second."""
        await self.until_published()
        return await self._until(
            f"""select not exists (
                select from (
                    select partition, max(position) as last from referral.event_log
                    where topic = '{REFERRAL}' group by partition
                ) as logged
                left join {schema}.consumer_progress as reached
                    on (reached.consumer, reached.source, reached.topic, reached.partition)
                     = ('{consumer}', 'referral', '{REFERRAL}', logged.partition)
                where reached.position is distinct from logged.last
            )"""
        )

    async def _until(self, condition: str) -> float:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if await self._connection.fetchval(condition):
                return time.monotonic()
            await asyncio.sleep(0.02)
        raise StackFailure(f"The hub was not done with its events after {PATIENCE_SECONDS:.0f} s.")

    async def close(self) -> None:
        """Ends the connection."""
        await self._connection.close()


def _row(agency_id: UUID) -> tuple[object, ...]:
    now = datetime.now(UTC)
    event_id, referral_id = ordered_id(), random_id()
    event = referral_events_pb2.ReferralEvent(
        event_id=str(event_id),
        aggregate_id=str(referral_id),
        aggregate_version=1,
        actor=common_pb2.Actor(id="bench"),
        referral_id=str(referral_id),
        sender_agency_id=str(agency_id),
        referral_offered=referral_events_pb2.ReferralOffered(
            offer_id=str(random_id()),
            agency_id=str(agency_id),
            urgency=common_pb2.URGENCY_NORMAL,
            offer_number=1,
        ),
    )
    event.event_time.FromDatetime(now)
    event.referral_offered.respond_by_time.FromDatetime(now + timedelta(days=3))
    return event_id, REFERRAL, referral_id, referral_id, 1, _TYPE, now, event.SerializeToString()
