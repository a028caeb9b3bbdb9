"""The relay: takes what commits left in the outbox, puts it in order, and sends it to the broker."""

import asyncio
import contextlib
from collections import deque
from typing import Final

import asyncpg
import structlog

from chassis import fault_points
from chassis.event_log import advance_publication, log_waiting_rows, unpublished
from chassis.measures import relayed_events
from chassis.postgres import IDLE_TRANSACTION_MILLISECONDS, Database, session_settings
from chassis.publisher import LoggedEvent, Publisher, PublishingFailed

WINDOW: Final = 500
SMALL_BATCH: Final = 50
PAUSE_AFTER_SMALL_BATCH_SECONDS: Final = 0.005
"""Gathers a few more commits into the next batch; costs are made of small batches."""
FALLBACK_POLL_SECONDS: Final = 0.05
"""Another process of the service may have written what waits; its commits wake nobody here."""
GATHERING_POLL_SECONDS: Final = 0.25
"""For a service whose events nobody waits for: a batch costs the same, whether it carries one or fifty."""
LEADER_POLL_SECONDS: Final = 0.5
_INTERRUPTIONS: Final = (
    PublishingFailed,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a server that is killed in the middle of an answer
    OSError,
)
_BACKOFF_SECONDS: Final = (0.1, 0.2, 0.5, 1.0)

log = structlog.get_logger(__name__)


class Relay:
    """Publishes one service's events; of any number of processes one leads, the others stand by.

    The leader is whoever holds the schema's advisory lock, on the very connection that moves the rows: when
    the connection ends, so does the lead; PostgreSQL ends that of a process that was stopped. A leader that
    lost it may still have a batch on the wire; the next one sends everything unacknowledged again, and
    consumers drop what they have seen.
    """

    def __init__(
        self,
        database: Database,
        bootstrap: str,
        source: str,
        *,
        idempotence: bool,
        poll_seconds: float = FALLBACK_POLL_SECONDS,
    ) -> None:
        self._database = database
        self._publisher = Publisher(bootstrap, source, idempotence=idempotence)
        self._unacknowledged: deque[LoggedEvent] = deque()
        self._is_stopping = False
        self._poll_seconds = poll_seconds
        self.is_leading = False

    async def run(self) -> None:
        """Relays until `stop()`; a lost database or broker is waited for."""
        failures = 0
        try:
            while not self._is_stopping:
                try:
                    await self._lead()
                    failures = 0
                except _INTERRUPTIONS as error:
                    backoff = _BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)]
                    failures += 1
                    log.warning("relay_interrupted", error=type(error).__name__, retry_delay_seconds=backoff)
                    await asyncio.sleep(backoff)
        finally:
            await self._publisher.discard()

    def stop(self) -> None:
        """Lets `run` return as soon as the outbox is empty."""
        self._is_stopping = True
        self._database.wake.set()

    async def _lead(self) -> None:
        # a leader never pauses for so long unless it was stopped; then its lead must not be
        silence = {"idle_session_timeout": str(IDLE_TRANSACTION_MILLISECONDS)}
        settings = session_settings(self._database.schema) | silence
        connection = await asyncpg.connect(self._database.url, server_settings=settings, command_timeout=30)
        try:
            if not await self._wait_for_the_lead(connection):
                return
            log.info("relay_leads")
            self.is_leading = True
            await self._relay(connection)
        finally:
            self.is_leading = False
            self._unacknowledged.clear()
            with contextlib.suppress(Exception):
                await connection.close(timeout=2)

    async def _wait_for_the_lead(self, connection: asyncpg.Connection) -> bool:
        lock = "select pg_try_advisory_lock(hashtextextended('kem.relay.' || current_schema(), 0))"
        while not self._is_stopping:
            if await connection.fetchval(lock):
                return True
            await asyncio.sleep(LEADER_POLL_SECONDS)
        return False

    async def _relay(self, connection: asyncpg.Connection) -> None:
        while True:  # first what an earlier lead logged and nobody acknowledged
            self._unacknowledged.extend(await unpublished(connection, WINDOW))
            if not self._unacknowledged:
                break
            while self._unacknowledged:
                await self._publish(connection)
        while True:
            self._database.wake.clear()
            count = await self._step(connection)
            if count == 0 and self._is_stopping:
                return
            if not (self._unacknowledged or count >= SMALL_BATCH or self._is_stopping):
                await self._pause(count)

    async def _pause(self, count: int) -> None:
        """Until there may be something again, after a step that published so few."""
        if count:
            await asyncio.sleep(PAUSE_AFTER_SMALL_BATCH_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._poll_seconds):
                await self._database.wake.wait()

    async def _step(self, connection: asyncpg.Connection) -> int:
        """Logs what waits and publishes one run; returns how many events the broker acknowledged."""
        if not self._unacknowledged:
            self._unacknowledged.extend(await log_waiting_rows(connection, WINDOW))
        return await self._publish(connection) if self._unacknowledged else 0

    async def _publish(self, connection: asyncpg.Connection) -> int:
        await fault_points.reach(fault_points.RELAY_BEFORE_SEND)
        sent = await self._publisher.send(self._unacknowledged)
        await fault_points.reach(fault_points.RELAY_AFTER_SEND)
        await advance_publication(connection, self._unacknowledged[sent - 1].position)
        for _ in range(sent):
            self._unacknowledged.popleft()
        relayed_events.add(sent, {"source": self._database.schema})
        return sent
