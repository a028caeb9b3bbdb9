"""The plain reader keeps the same promises as the stream."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from chassis.events import IncomingEvent
from chassis.postgres import Database
from chassis.reader import ProjectionReader
from chassis.relay import Relay
from tests.integration.chassis.collecting import CollectingReader, effects, letters, make_effect_table
from tests.integration.chassis.conftest import SCHEMA, MakeEvent, publish
from tests.integration.chassis.waiting import running, until
from tests.support.postgres import FreshDatabase
from tools.stack.broker import Broker


@pytest_asyncio.fixture
async def reader(stored: FreshDatabase) -> CollectingReader:
    await make_effect_table(stored.execute, SCHEMA)
    return CollectingReader()


@pytest_asyncio.fixture
async def relay(database: Database, broker: Broker) -> AsyncIterator[Relay]:
    one = Relay(database, broker.bootstrap, SCHEMA, idempotence=False)
    async with running(one.run()):
        yield one


def projection(
    database: Database, broker: Broker, topic: str, reader: CollectingReader, window_seconds: float = 0.1
) -> ProjectionReader:
    return ProjectionReader(
        SCHEMA,
        f"{topic}-projection",
        broker.bootstrap,
        database,
        [topic],
        reader,
        window_seconds=window_seconds,
        session_seconds=1.5,
    )


async def test_events_of_a_window_share_a_commit_and_the_next_worker_starts_behind_them(
    database: Database,
    broker: Broker,
    topic: str,
    reader: CollectingReader,
    relay: Relay,
    make_event: MakeEvent,
) -> None:
    events = [make_event() for _ in range(60)]
    failures = iter([True])

    def fail(_: list[IncomingEvent]) -> None:
        if next(failures, False):
            raise RuntimeError("a mistake")

    reader.fail_apply = fail
    first = projection(database, broker, topic, reader)
    async with running(first.run()) as (task,):
        await first.wait_ready()
        await publish(database, *events)
        await until(lambda: _has_effects(database, 60))
        assert len(reader.batches) < 10, "long windows make few commits"
        await first.stop()
        await asyncio.wait_for(task, 10)
    assert sorted(await effects(database)) == sorted(event.event_id for event in events)
    assert await letters(database) == []

    later = [make_event() for _ in range(5)]
    await publish(database, *later)
    reader.prepared = 0
    second = projection(database, broker, topic, reader)
    async with running(second.run()):
        await until(lambda: _has_effects(database, 65))
        await second.stop()
    assert sorted(await effects(database)) == sorted(event.event_id for event in [*events, *later])
    assert sum(reader.batches) == 65, "what was committed did not come again"


async def test_a_window_that_was_not_committed_comes_again(
    database: Database,
    broker: Broker,
    topic: str,
    reader: CollectingReader,
    relay: Relay,
    make_event: MakeEvent,
) -> None:
    events = [make_event() for _ in range(8)]
    reader.gate.clear()
    first = projection(database, broker, topic, reader)
    async with running(first.run()) as (task,):
        await first.wait_ready()
        await publish(database, *events)
        await until(lambda: reader.prepared)
        task.cancel()
        await asyncio.wait([task])
    assert await effects(database) == []
    reader.gate.set()
    second = projection(database, broker, topic, reader)
    async with running(second.run()):
        await until(lambda: _has_effects(database, 8))
        await second.stop()
    assert sorted(await effects(database)) == sorted(event.event_id for event in events)


async def test_what_comes_while_the_window_is_closed_waits_and_a_stop_does_not(
    database: Database,
    broker: Broker,
    topic: str,
    reader: CollectingReader,
    relay: Relay,
    make_event: MakeEvent,
) -> None:
    early, late = make_event(), make_event()
    first = projection(database, broker, topic, reader, window_seconds=600)
    async with running(first.run()) as (task,):
        await first.wait_ready()
        await publish(database, early)
        await until(lambda: _has_effects(database, 1))
        await publish(database, late)
        await until(lambda: _is_published(database, 2))
        await first.stop()
        await asyncio.wait_for(task, 10)
    assert await effects(database) == [early.event_id]

    second = projection(database, broker, topic, reader)
    async with running(second.run()):
        await until(lambda: _has_effects(database, 2))
        await second.stop()
    assert sorted(await effects(database)) == sorted([early.event_id, late.event_id])


async def test_nothing_is_fetched_while_a_batch_is_taken(
    database: Database,
    broker: Broker,
    topic: str,
    reader: CollectingReader,
    relay: Relay,
    make_event: MakeEvent,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The client would ask the broker again and again, and each answer costs it by all that it holds."""
    clients: list[Any] = []
    make = ProjectionReader._make_client

    def note(self: ProjectionReader) -> Any:
        clients.append(make(self))
        return clients[-1]

    monkeypatch.setattr(ProjectionReader, "_make_client", note)
    reader.gate.clear()
    projecting = projection(database, broker, topic, reader)
    async with running(projecting.run()):
        await projecting.wait_ready()
        await publish(database, make_event())
        await until(lambda: reader.prepared)
        assert clients[-1].paused() == clients[-1].assignment() != set()
        reader.gate.set()
        await until(lambda: _has_effects(database, 1))
        await publish(database, make_event())
        await until(lambda: _has_effects(database, 2))
        await projecting.stop()


async def test_what_has_piled_up_is_read_to_its_end_before_the_window_closes(
    database: Database,
    broker: Broker,
    topic: str,
    reader: CollectingReader,
    relay: Relay,
    make_event: MakeEvent,
) -> None:
    """A fetch brings a megabyte of each partition: the pause is for when nothing more is there."""
    key = uuid4()
    events = [make_event(key, version, b"f" * 60_000) for version in range(1, 61)]
    await publish(database, *events)
    await until(lambda: _is_published(database, len(events)))
    late = projection(database, broker, topic, reader, window_seconds=600)
    async with running(late.run()):
        await until(lambda: _has_effects(database, len(events)))
        await late.stop()


async def _is_published(database: Database, position: int) -> bool:
    return bool(await database.pool.fetchval("select position >= $1 from publication", position))


async def _has_effects(database: Database, count: int) -> bool:
    return len(await effects(database)) >= count
