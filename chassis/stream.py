"""Reads topics with Faust in the one way that was measured to lose nothing.

Raw bytes, one agent with concurrency 1, no acks by Faust, one transaction a batch, and each event acked only
after the commit. Nothing may raise out of the agent: Faust would ack what it never did.

Batches are gathered here: `noack_take` hands over what has come by a clock that ticks all the time, so that
each event waits for half a tick and an idle service never sleeps.
"""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import faust
import structlog
from faust.app import BootStrategy

from chassis import fault_points
from chassis.batch import BatchRunner
from chassis.batch_reader import BatchReader, StreamFailed
from chassis.faust_transport import transport_with
from chassis.group import EMBEDDED_FETCH_WAIT_MILLISECONDS, SESSION_SECONDS, FetchPace
from chassis.inbox import announce
from chassis.incoming import Message
from chassis.kafka_address import tls_context
from chassis.known_topics import create_no_topics
from chassis.measures import consumer_lag
from chassis.postgres import Database

BATCH_EVENTS: Final = 500
GATHERING_SECONDS: Final = 0.002
"""Faust passes on one by one what a single fetch has brought; the rest of it comes within this time."""
ASSIGNMENT_DEADLINE_SECONDS: Final = 60
"""Faust says nothing when its group is denied; so somebody has to."""

log = structlog.get_logger(__name__)


class _ConsumerOnly(BootStrategy):
    """Events go out through the outbox only, so Faust needs no producer."""

    enable_kafka_producer = False
    enable_web = False


class _App(faust.App):
    BootStrategy = _ConsumerOnly


class StreamRunner:
    """One consumer group over some topics; each committed batch is acked, nothing else is.

    `run` ends only by `stop` or by `StreamFailed`; after that the process must leave without stopping Faust,
    which would ack what is in its hands.
    """

    def __init__(
        self,
        service: str,
        consumer: str,
        bootstrap: str,
        database: Database,
        topics: Sequence[str],
        on_batch: BatchReader,
        *,
        fetch_wait_milliseconds: int = EMBEDDED_FETCH_WAIT_MILLISECONDS,
        session_seconds: float = SESSION_SECONDS,
    ) -> None:
        create_no_topics()
        self.consumer = consumer
        self._database = database
        self._topics = list(topics)
        self._bootstrap = bootstrap
        self._pace = FetchPace(fetch_wait_milliseconds)
        self._session_seconds = session_seconds
        self._batches = BatchRunner(service, consumer, database, on_batch)
        self._app: faust.App | None = None
        self._ended: asyncio.Future[None] | None = None
        self._ready = asyncio.Event()
        self.reached: dict[tuple[str, int], int] = {}
        """The offset behind the last acked event, per topic and partition."""

    @property
    def is_ready(self) -> bool:
        """Whether partitions are assigned."""
        return self._ready.is_set()

    async def wait_ready(self) -> None:
        """Returns when partitions are assigned."""
        await self._ready.wait()

    async def run(self) -> None:
        """Reads until `stop()`.

        Raises:
            StreamFailed: nothing can be taken any more; nothing of the last batch was acked.
        """
        loop = asyncio.get_running_loop()
        self._ended = loop.create_future()
        async with self._database.pool.acquire() as connection:
            await announce(connection, self.consumer, self._topics)
        await self._batches.redrive()
        self._app = self._make_app(loop)
        beside = [
            asyncio.create_task(self._watch(self._app)),
            asyncio.create_task(self._batches.redrive_as_asked()),
        ]
        try:
            await self._app.start()
            await self._ended
        finally:
            for task in beside:
                task.cancel()

    async def stop(self, patience_seconds: float = 3) -> None:
        """Stops reading; a batch under way is committed and acked if it ends in time."""
        if self._app is not None:
            with contextlib.suppress(TimeoutError, Exception):
                async with asyncio.timeout(patience_seconds):
                    await self._app.stop()
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)

    def fetch_wait_in_use(self) -> int | None:
        """The fetch wait that the Kafka client really uses, in milliseconds; None before it has started."""
        client = self._client()
        return None if client is None or client._fetcher is None else int(client._fetcher._fetch_max_wait_ms)

    def _make_app(self, loop: asyncio.AbstractEventLoop) -> faust.App:
        context = tls_context(self._bootstrap)
        app = _App(
            self.consumer,
            loop=loop,
            broker=f"kafka://{self._bootstrap.replace(',', ';')}",
            broker_credentials=None if context is None else faust.SSLCredentials(context),
            broker_request_timeout=8,
            broker_session_timeout=self._session_seconds,
            broker_heartbeat_interval=self._session_seconds / 6,
            broker_max_poll_interval=60,
            broker_max_poll_records=500,
            broker_commit_interval=1.0,
            consumer_auto_offset_reset="earliest",
            consumer_metadata_max_age_ms=5000,
            topic_allow_declare=False,
            topic_disable_leader=True,
            web_enabled=False,
            store="memory://",
            # there are no tables, but Faust makes their folder all the same
            datadir=Path(tempfile.gettempdir()) / f"kem-{os.getuid()}",
        )
        app.transport = transport_with(self._pace.busy_milliseconds)(app.conf.broker_consumer, app)
        channel = app.topic(*self._topics, key_type=bytes, value_type=bytes, value_serializer="raw")
        app.agent(channel, name=f"{self.consumer}.batches", concurrency=1)(self._read)
        app.on_partitions_assigned.connect(self._note_assignment, weak=False)
        return app

    async def _read(self, stream: Any) -> None:
        stream.enable_acks = False
        line: asyncio.Queue[Any] = asyncio.Queue(BATCH_EVENTS)
        taking = asyncio.create_task(self._take_batches(stream, line))
        try:
            async for event in stream.events():
                self._pace.note_arrival(self._client())
                await line.put(event)
        finally:
            taking.cancel()

    async def _take_batches(self, stream: Any, line: asyncio.Queue[Any]) -> None:
        """While a batch is under way the next one gathers in the line."""
        while True:
            events = [await line.get()]
            await asyncio.sleep(GATHERING_SECONDS)
            while len(events) < BATCH_EVENTS and not line.empty():
                events.append(line.get_nowait())
            try:
                await self._batches.take([_message(event.message) for event in events])
            except StreamFailed as error:
                self._fail(error)
            except Exception as error:
                log.error("stream_broken", consumer=self.consumer, error=type(error).__name__)
                self._fail(StreamFailed(type(error).__name__))
            if self._ended is not None and self._ended.done():
                # neither acked nor given back to Faust: the process is about to leave
                await asyncio.Event().wait()
            await fault_points.reach(fault_points.AFTER_COMMIT_BEFORE_ACK)
            for event in events:
                await stream.ack(event)
                self.reached[event.message.topic, event.message.partition] = event.message.offset + 1
            await fault_points.reach(fault_points.AFTER_ACK)

    def _fail(self, error: StreamFailed) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_exception(error)

    async def _note_assignment(self, _: Any, /, *arguments: Any, signal: Any, **__: Any) -> None:
        assigned = arguments[0] if arguments else ()
        if assigned:
            self._ready.set()
            log.info("partitions_assigned", consumer=self.consumer, count=len(assigned))

    async def _watch(self, app: faust.App) -> None:
        """Faust's process stays alive when Faust has crashed; this notices."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + ASSIGNMENT_DEADLINE_SECONDS
        while True:
            await asyncio.sleep(0.5)
            self._pace.look(self._client())
            if app.crashed:
                log.error("stream_broken", consumer=self.consumer, error="FaustCrashed")
                self._fail(StreamFailed("FaustCrashed"))
                return
            if not self._ready.is_set() and loop.time() > deadline:
                log.error("no_partition_assigned", consumer=self.consumer)
                deadline = loop.time() + ASSIGNMENT_DEADLINE_SECONDS
            self._measure_lag()

    def _measure_lag(self) -> None:
        client = self._client()
        if client is None:
            return
        for place in client.assignment():
            end, reached = client.highwater(place), self.reached.get((place.topic, place.partition))
            if end is not None and reached is not None:
                consumer_lag.set(
                    max(end - reached, 0),
                    {"consumer": self.consumer, "topic": place.topic, "partition": place.partition},
                )

    def _client(self) -> Any:
        """The aiokafka client inside Faust."""
        consumer = getattr(self._app, "_consumer", None)
        return getattr(getattr(consumer, "_thread", None), "_consumer", None)


def _message(message: Any) -> Message:
    return Message(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        value=message.value,
        headers=message.headers or (),
    )
