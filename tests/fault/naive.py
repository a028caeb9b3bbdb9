"""Ways of working that look right and lose or double events. They are kept so that each test of a loss can
show that it would see one: never use them for anything else.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import asyncpg
from aiokafka import AIOKafkaConsumer

import chassis.batch
from chassis import fault_points
from chassis.batch_reader import PoisonEvent
from chassis.caller import Caller
from chassis.events import IncomingEvent
from chassis.inbox import accept_new
from chassis.incoming import Message, read_message
from chassis.postgres import Database, Transaction
from chassis.stream import BATCH_EVENTS
from tests.fault.effects import EffectReader
from tests.fault.order import SCHEMA, Order, say
from tests.fault.runners import FETCH_WAIT_MILLISECONDS, SESSION_SECONDS, ToldStream

CALLER: Final = Caller.of_service(SCHEMA)
TAKEN_WITHIN_SECONDS: Final = 0.02


class PlainAgent(ToldStream):
    """Faust without the batch runner: whatever the handler raises comes out of the agent."""

    def __init__(self, order: Order, database: Database, reader: EffectReader) -> None:
        super().__init__(order, database, reader)
        self._reader = reader

    async def _commit(self, events: Sequence[Any]) -> None:
        await fault_points.reach(fault_points.BEFORE_TRANSACTION)
        async with self._database.transaction(CALLER) as tx:
            await _act(tx, self.consumer, self._reader, [event.message for event in events])
            await fault_points.reach(fault_points.IN_TRANSACTION)
        await fault_points.reach(fault_points.AFTER_COMMIT_BEFORE_ACK)


class AsyncForAgent(PlainAgent):
    """The agent of every tutorial."""

    async def _read(self, stream: Any) -> None:
        async for event in stream.events():
            await self._commit([event])


class TakeAgent(PlainAgent):
    """Batches by `take`, which acks whatever comes out of the block."""

    async def _read(self, stream: Any) -> None:
        async for events in stream.take_events(BATCH_EVENTS, within=TAKEN_WITHIN_SECONDS):
            await self._commit(events)


class EarlyAckAgent(PlainAgent):
    """Acks, then commits. Faust's commit of offsets comes by a clock; here it comes in between."""

    async def _read(self, stream: Any) -> None:
        async for events in stream.noack_take(BATCH_EVENTS, within=TAKEN_WITHIN_SECONDS):
            for event in events:
                await stream.ack(event)
            if self._app is not None:
                await self._app.consumer.commit()
            await self._commit(events)


class AutoCommitReader:
    """The plain client's default: offsets are committed when messages are handed out."""

    def __init__(self, order: Order, database: Database, reader: EffectReader) -> None:
        self._order = order
        self._database = database
        self._reader = reader
        self._ready = asyncio.Event()
        self._stopping = asyncio.Event()

    async def wait_ready(self) -> None:
        """Returns when partitions are assigned."""
        await self._ready.wait()

    async def stop(self) -> None:
        """Lets `run` return."""
        self._stopping.set()

    async def run(self) -> None:
        """Reads until `stop()`."""
        client = AIOKafkaConsumer(
            self._order.topic,
            bootstrap_servers=self._order.bootstrap,
            group_id=self._order.consumer,
            auto_offset_reset="earliest",
            session_timeout_ms=int(SESSION_SECONDS * 1000),
            heartbeat_interval_ms=int(SESSION_SECONDS * 1000 / 6),
            fetch_max_wait_ms=FETCH_WAIT_MILLISECONDS,
        )
        await client.start()
        while not self._stopping.is_set():
            found = await client.getmany(timeout_ms=50)
            if client.assignment():
                self._ready.set()
            messages = [one for batch in found.values() for one in batch]
            if not messages:
                continue
            await client.commit()  # the automatic one comes by a clock; here it comes at once
            await fault_points.reach(fault_points.BEFORE_TRANSACTION)
            async with self._database.transaction(CALLER) as tx:
                await _act(tx, self._order.consumer, self._reader, messages)
                await fault_points.reach(fault_points.IN_TRANSACTION)
        await client.stop()


async def _act(tx: Transaction, consumer: str, reader: EffectReader, messages: Sequence[Any]) -> None:
    read = [
        read_message(Message(one.topic, one.partition, one.offset, one.key, one.value, one.headers or ()))
        for one in messages
    ]
    events = [one for one in read if isinstance(one, IncomingEvent)]
    await reader.apply(tx, await accept_new(tx.connection, consumer, events), None)


def leave_out_inbox() -> None:
    """The recipe for a consumer that believes that each event comes once."""

    async def believe(
        connection: asyncpg.Connection, consumer: str, events: Sequence[IncomingEvent]
    ) -> list[IncomingEvent]:
        return list(events)

    vars(chassis.batch)["accept_new"] = believe


class SwallowingReader(EffectReader):
    """Catches what a handler raises, so that the stream goes on."""

    async def take(self, tx: Transaction, event: IncomingEvent) -> None:
        try:
            await super().take(tx, event)
        except ValueError:
            say("swallowed")


class TellingReader(EffectReader):
    """Sets poison aside with the error's own words."""

    async def take(self, tx: Transaction, event: IncomingEvent) -> None:
        try:
            await super().take(tx, event)
        except ValueError as error:
            raise PoisonEvent(event.event_id, str(error)) from None


class SkippingReader(EffectReader):
    """Ignores a fact that it does not know."""

    def meet_newer(self, event: IncomingEvent) -> None:
        say("skipped")
