"""One running service: its doors, what it is wired with, how it says ready, and how it leaves."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import grpc
import structlog

from chassis.access import Access
from chassis.access_records import AccessRecord
from chassis.batch_reader import BatchReader
from chassis.caller import AssertionSigner, Caller, CallerVerifier
from chassis.database_gauges import DatabaseGauges
from chassis.grpc_client import channel
from chassis.grpc_server import GrpcServer, Registration
from chassis.operations_server import OPERATIONS_ACCESS, OperationsServicer
from chassis.peers import Peers
from chassis.postgres import Database, EventCodec
from chassis.reader import MOST_EVENTS, WINDOW_SECONDS, ProjectionReader
from chassis.relay import FALLBACK_POLL_SECONDS, GATHERING_POLL_SECONDS, Relay
from chassis.retention import forget_old_rows
from chassis.settings import ServiceSettings
from chassis.stream import ASSIGNMENT_DEADLINE_SECONDS, StreamRunner
from chassis.timers import LONGEST_PAUSE_SECONDS, SHORTEST_PAUSE_SECONDS, Prepare, Take, TimerLoop
from chassis.topic_watch import TopicWatch
from chassis.topics import SOURCES, is_waited_for

DRAIN_SECONDS: Final = 3.0
FATAL_DRAIN_SECONDS: Final = 1.0
RETENTION_PAUSE_SECONDS: Final = 3600.0

log = structlog.get_logger(__name__)


class _Reader(Protocol):
    """What both runners have."""

    consumer: str

    async def run(self) -> None: ...
    async def wait_ready(self) -> None: ...
    async def stop(self, patience_seconds: float = 3) -> None: ...


class _Opened(Protocol):
    """What stays open until the end: a channel, a pool of threads."""

    def close(self) -> Awaitable[None] | None: ...


class Service:
    """What a service's `__main__` wires; only the parts of the asked roles are started.

    Wire everything before `run`. The relay and the refusals' records come by themselves.
    """

    def __init__(
        self, settings: ServiceSettings, app: Database, worker: Database, signer: AssertionSigner
    ) -> None:
        self.settings = settings
        self.name = settings.service
        self.app = app
        """For calls: row-level security sees the caller."""
        self.worker = worker
        """For batches, timers and the relay."""
        self.verifier = CallerVerifier(settings.assertion_keys_file)
        self.signer = signer
        self.gauges = DatabaseGauges(worker)
        self._server: GrpcServer | None = None
        self._readers: list[_Reader] = []
        self._groups: dict[str, Sequence[str]] = {}
        self._timers: list[TimerLoop] = []
        self._kafka = settings.kafka
        self._relay = Relay(
            worker,
            self._kafka,
            self.name,
            idempotence=settings.kafka_idempotence,
            poll_seconds=FALLBACK_POLL_SECONDS if is_waited_for(self.name) else GATHERING_POLL_SECONDS,
        )
        self._opened: list[_Opened] = []
        self._beside: list[tuple[str, str, Callable[[], Awaitable[None]]]] = []
        self.timer(
            forget_old_rows,
            name="forget_old_rows",
            shortest_pause_seconds=60,
            longest_pause_seconds=RETENTION_PAUSE_SECONDS,
        )

    @classmethod
    async def open(cls, settings: ServiceSettings, codec: EventCodec | None) -> "Service":
        """Connects to PostgreSQL under both logins."""
        wake = asyncio.Event()
        schema = settings.service
        signer = AssertionSigner(f"service:{schema}", settings.identity_file)
        key = signer.derived_key("request digest")
        app, worker = [
            await Database.open(url, schema=schema, codec=codec, wake=wake, request_key=key)
            for url in (settings.database_url, settings.worker_database_url)
        ]
        return cls(settings, app, worker, signer)

    def serve(self, access: Mapping[str, Access], registrations: Sequence[Registration]) -> None:
        """The gRPC door: who may call what, and the servicers; beside them the operators' door."""
        operations = OperationsServicer(self.name, self.worker, lambda: server.readiness())
        self._server = server = GrpcServer(
            self.settings.grpc_address,
            self.settings.tls_files,
            Peers(self.settings.revoked_certificates_file),
            self.verifier,
            {**access, **OPERATIONS_ACCESS},
            [*registrations, operations.add_to],
            service=self.name,
            record_refusal=self._record_refusal,
        )

    def stream(self, consumer: str, topics: Sequence[str], on_batch: BatchReader) -> None:
        """Acts on events as they come: where events are decided."""
        self._groups[consumer] = topics
        self._readers.append(
            StreamRunner(
                self.name,
                consumer,
                self._kafka,
                self.worker,
                topics,
                on_batch,
                fetch_wait_milliseconds=self.settings.fetch_wait_milliseconds,
                session_seconds=self.settings.kafka_session_seconds,
            )
        )

    def project(
        self,
        consumer: str,
        topics: Sequence[str],
        on_batch: BatchReader,
        *,
        window_seconds: float = WINDOW_SECONDS,
        busy_window_seconds: float | None = None,
        most_events: int = MOST_EVENTS,
    ) -> None:
        """Follows events in long windows: projections and copies, where nothing is decided.

        In `busy_window_seconds`, if given, much is gathered while there is much; `most_events` of it are one
        transaction.
        """
        self._groups[consumer] = topics
        self._readers.append(
            ProjectionReader(
                self.name,
                consumer,
                self._kafka,
                self.worker,
                topics,
                on_batch,
                window_seconds=window_seconds,
                busy_window_seconds=busy_window_seconds,
                most_events=most_events,
                fetch_wait_milliseconds=self.settings.fetch_wait_milliseconds,
                session_seconds=self.settings.kafka_session_seconds,
            )
        )

    def timer(
        self,
        take: Take,
        *,
        name: str = "deadlines",
        prepare: Prepare | None = None,
        shortest_pause_seconds: float = SHORTEST_PAUSE_SECONDS,
        longest_pause_seconds: float = LONGEST_PAUSE_SECONDS,
    ) -> None:
        """Works off due rows; between empty hands it pauses longer and longer, within the bounds."""
        self._timers.append(
            TimerLoop(
                self.worker,
                take,
                service=self.name,
                name=name,
                prepare=prepare,
                shortest_pause_seconds=shortest_pause_seconds,
                longest_pause_seconds=longest_pause_seconds,
            )
        )

    def beside(self, name: str, run: Callable[[], Awaitable[None]], *, role: str = "grpc") -> None:
        """A task that lives as long as the calls, or as another role: a shared writer, a fan-out.

        It is cancelled at the end, and may still use the database then.
        """
        self._beside.append((name, role, run))

    def channel(self, address: str, service: str) -> grpc.aio.Channel:
        """A channel to another service, on which this one speaks for itself; closed at the end."""
        opened = channel(address, service, self.signer, self.settings.tls_files)
        self.closes(opened)
        return opened

    def closes(self, opened: _Opened) -> None:
        """Something that is open for as long as the service runs; closed at the end."""
        self._opened.append(opened)

    async def run(self, stopping: asyncio.Event) -> None:
        """Starts the asked roles, says ready, and runs until `stopping`; then drains.

        Ready is who has its topics as declared and its partitions; who loses a topic is not any more.

        Raises:
            Exception: whatever ended a part that must not end; the process must leave without acking.
        """
        roles = self.settings.roles
        started = asyncio.get_running_loop().time()
        server = self._server if "grpc" in roles else None
        readers = self._readers if "stream" in roles else []
        timers = self._timers if "timers" in roles else []
        if server is not None:
            await server.start()
        tasks = [_task("gauges", self.gauges.run)]
        tasks += [_task(name, run) for name, role, run in self._beside if role in roles]
        tasks += [_task(reader.consumer, reader.run) for reader in readers]
        tasks += [_task("timers", timer.run) for timer in timers]
        relay = _task("relay", self._relay.run) if "relay" in roles else None
        parts = [*tasks, *([relay] if relay else [])]
        ready = _task("ready", lambda: self._say_ready(server, readers, started))
        stop = _task("stop", stopping.wait)
        try:
            await asyncio.wait([*parts, stop], return_when=asyncio.FIRST_COMPLETED)
            ready.cancel()
            ended = next((part for part in parts if part.done()), None)
            if ended is not None and not stopping.is_set():
                await self._leave_at_once(server, ended)
            await self._drain(server, readers, timers, relay)
        finally:
            for task in [*parts, ready, stop]:
                task.cancel()
            await asyncio.gather(*parts, ready, stop, return_exceptions=True)

    async def close(self) -> None:
        """Closes channels, what else is open, and databases."""
        for opened in self._opened:
            if (closing := opened.close()) is not None:
                await closing
        await asyncio.gather(self.app.close(), self.worker.close())

    async def _say_ready(self, server: GrpcServer | None, readers: Sequence[_Reader], started: float) -> None:
        async def tell_why_not(reason: str) -> None:
            if server is not None:
                await server.set_serving(False, reason)

        topics = self._topic_watch()
        while True:
            await topics.until_in_order(tell_why_not)
            await tell_why_not("it has no partitions to read yet")
            await self._wait_for_partitions(readers, tell_why_not)
            if server is not None:
                await server.set_serving(True)
            seconds = round(asyncio.get_running_loop().time() - started, 2)
            log.info("service_ready", roles=list(self.settings.roles), seconds=seconds)
            await topics.until_out_of_order()

    async def _wait_for_partitions(
        self, readers: Sequence[_Reader], tell_why_not: Callable[[str], Awaitable[None]]
    ) -> None:
        """However long it takes; past a bound it is told which groups are still without."""
        waiting = {reader.consumer: asyncio.create_task(reader.wait_ready()) for reader in readers}
        if not waiting:
            return
        try:
            await asyncio.wait(waiting.values(), timeout=ASSIGNMENT_DEADLINE_SECONDS)
            late = sorted(name for name, ready in waiting.items() if not ready.done())
            if late:
                seconds = f"{ASSIGNMENT_DEADLINE_SECONDS:.0f} s"
                await tell_why_not(f"Kafka gives no partition to {', '.join(late)} since {seconds}")
            await asyncio.gather(*waiting.values())
        finally:
            for ready in waiting.values():
                ready.cancel()

    def _topic_watch(self) -> TopicWatch:
        """Over the topics that the asked roles read or write; none for a service that only answers calls."""
        roles = self.settings.roles
        groups = self._groups if "stream" in roles else {}
        topics = {topic for read in groups.values() for topic in read}
        if "relay" in roles:
            topics = topics | {topic for topic, sources in SOURCES.items() if self.name in sources}
        return TopicWatch(self._kafka, sorted(topics), self.settings.replication, groups)

    async def _leave_at_once(self, server: GrpcServer | None, ended: asyncio.Task[Any]) -> None:
        """Tells clients to go elsewhere, and nothing else: what is not acked must stay so."""
        error = ended.exception() if not ended.cancelled() else None
        log.error("part_ended", source=ended.get_name(), error=type(error).__name__)
        if server is not None:
            try:
                async with asyncio.timeout(FATAL_DRAIN_SECONDS):
                    await server.drain(FATAL_DRAIN_SECONDS / 2)
            except TimeoutError:
                log.warning("drain_cut_short")
        raise error or RuntimeError(f"{ended.get_name()} ended by itself")

    async def _drain(
        self,
        server: GrpcServer | None,
        readers: Sequence[_Reader],
        timers: Sequence[TimerLoop],
        relay: asyncio.Task[Any] | None,
    ) -> None:
        """Doors first, the relay last, so that what the last calls had to tell still goes out."""
        log.info("service_drains")
        if server is not None:
            await server.drain(DRAIN_SECONDS)
        for timer in timers:
            timer.stop()
        await asyncio.gather(*(reader.stop(DRAIN_SECONDS) for reader in readers))
        if relay is not None:
            self._relay.stop()
            await asyncio.wait([relay], timeout=DRAIN_SECONDS)

    async def _record_refusal(self, record: AccessRecord, caller: Caller) -> None:
        async with self.app.transaction(caller) as tx:
            tx.record_access(record)


def _task(name: str, run: Callable[[], Awaitable[Any]]) -> asyncio.Task[Any]:
    async def body() -> Any:
        return await run()

    return asyncio.create_task(body(), name=name)
