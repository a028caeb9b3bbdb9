"""How much is waiting behind intake: needs not taken up, events not sent, events not read by referral."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from chassis import topics
from chassis.kafka_address import client_settings
from chassis.postgres import Database
from kernel.errors import Exhausted
from kernel.ids import NeedId
from services.intake.adapters.admission import Admission

REFERRAL_GROUP: Final = "referral"
"""The consumer group in which referral reads kem.intake.v1."""
MAX_WAITING_EVENTS: Final = 2_000
"""While referral or the broker is away, and its pace unknown: so many wait for it to come back."""
LOOK_EVERY_SECONDS: Final = 0.25
RETRY_SECONDS: Final = 2.0
_WAITING_ROWS: Final = """
    select (select count(*) from (select from outbox limit $1) as waiting)
        + (select logged_position - position from publication)
"""

log = structlog.get_logger(__name__)


class Backlog:
    """Refuses new needs while too much is waiting. A measure that fails refuses nobody.

    By `admission` as long as referral takes needs up; while it is away, by the number of events.
    """

    def __init__(
        self,
        database: Database,
        bootstrap: str | None,
        *,
        group: str = REFERRAL_GROUP,
        most: int = MAX_WAITING_EVENTS,
    ) -> None:
        self._database = database
        self._bootstrap = bootstrap
        self._group = group
        self._most = most
        self.admission = Admission()
        self.unsent = 0
        self.unread = 0

    def admitted(self, count: int = 1) -> AbstractAsyncContextManager[Callable[[Iterable[NeedId]], None]]:
        """Around the recording of so many needs; what was recorded is told to the function it gives.

        Raises:
            Exhausted: OVERLOADED, with the time after which to try again; nothing was recorded.
        """
        waiting = max(self.unsent, self.unread)
        if waiting >= self._most:
            raise Exhausted(
                "More needs are waiting to be matched than can be matched soon; try again in a moment.",
                retry_delay_seconds=min(1.0 + waiting / self._most, 10.0),
            )
        return self.admission.admitted(count)

    async def run(self) -> None:
        """Measures until cancelled."""
        await asyncio.gather(self._watch_outbox(), self._watch_reader())

    async def measure_outbox(self) -> None:
        """Looks once how many events are not sent yet."""
        async with self._database.pool.acquire() as connection:
            self.unsent = await connection.fetchval(_WAITING_ROWS, self._most)

    async def _watch_outbox(self) -> None:
        while True:
            try:
                await self.measure_outbox()
            except Exception as error:
                log.warning("backlog_unknown", error=type(error).__name__)
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _watch_reader(self) -> None:
        """Asks the broker; after an error with new clients, for the broker may be another one now."""
        while self._bootstrap:
            admin = AIOKafkaAdminClient(**client_settings(self._bootstrap), request_timeout_ms=5_000)
            client = AIOKafkaConsumer(**client_settings(self._bootstrap), request_timeout_ms=5_000)
            try:
                await admin.start()
                await client.start()
                while True:
                    self.unread = await _unread(admin, client, self._group)
                    await asyncio.sleep(2 * LOOK_EVERY_SECONDS)
            except (KafkaError, OSError) as error:
                self.unread = 0
                log.warning("backlog_unknown", error=type(error).__name__)
            finally:
                with contextlib.suppress(Exception):
                    await client.stop()
                with contextlib.suppress(Exception):
                    await admin.close()
            await asyncio.sleep(RETRY_SECONDS)


async def _unread(admin: AIOKafkaAdminClient, client: AIOKafkaConsumer, group: str) -> int:
    """Events of kem.intake.v1 behind the group's last commit; 0 for a group that has never committed."""
    places = [TopicPartition(topics.INTAKE, number) for number in range(topics.PARTITIONS)]
    committed = await admin.list_consumer_group_offsets(group, partitions=places)
    known = [place for place in places if place in committed and committed[place].offset >= 0]
    if not known:
        return 0
    ends = await client.end_offsets(known)
    return sum(max(ends[place] - committed[place].offset, 0) for place in known)
