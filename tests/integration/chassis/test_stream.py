"""Faust by the recipe: what was committed is acked, what was not comes again."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from chassis import fault_points
from chassis.events import IncomingEvent
from chassis.group import QUIET_FETCH_WAIT_MILLISECONDS
from chassis.postgres import Database
from chassis.relay import Relay
from chassis.stream import StreamRunner
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


def stream(database: Database, broker: Broker, topic: str, reader: CollectingReader) -> StreamRunner:
    return StreamRunner(
        SCHEMA,
        f"{topic}-reader",
        broker.bootstrap,
        database,
        [topic],
        reader,
        fetch_wait_milliseconds=25,
        session_seconds=1.5,
    )


async def test_the_fetch_wait_is_really_set_on_the_kafka_client(
    database: Database, broker: Broker, topic: str, reader: CollectingReader
) -> None:
    runner = stream(database, broker, topic, reader)
    async with running(runner.run()):
        await until(runner.fetch_wait_in_use)
        assert runner.fetch_wait_in_use() == 25
        await runner.stop()


async def test_fetches_become_rare_in_a_silence_and_close_again_with_the_next_event(
    database: Database,
    broker: Broker,
    topic: str,
    reader: CollectingReader,
    relay: Relay,
    make_event: MakeEvent,
) -> None:
    runner = stream(database, broker, topic, reader)
    async with running(runner.run()):
        await runner.wait_ready()
        await until(lambda: runner.fetch_wait_in_use() == QUIET_FETCH_WAIT_MILLISECONDS)
        await publish(database, make_event())
        await until(lambda: runner.fetch_wait_in_use() == 25)
        await runner.stop()


async def test_a_handler_that_raises_loses_nothing_and_the_next_worker_starts_behind_it(
    database: Database,
    broker: Broker,
    topic: str,
    reader: CollectingReader,
    relay: Relay,
    make_event: MakeEvent,
) -> None:
    events = [make_event() for _ in range(30)]
    failures = iter([True])

    def fail(_: list[IncomingEvent]) -> None:
        if next(failures, False):
            raise RuntimeError("a mistake")

    reader.fail_apply = fail
    first = stream(database, broker, topic, reader)
    async with running(first.run()):
        await first.wait_ready()
        await publish(database, *events)
        await until(lambda: _has_effects(database, 30))
        await first.stop()
    assert sorted(await effects(database)) == sorted(event.event_id for event in events)
    assert await letters(database) == []

    later = [make_event() for _ in range(10)]
    await publish(database, *later)
    second = stream(database, broker, topic, reader)
    async with running(second.run()):
        await until(lambda: _has_effects(database, 40))
        await second.stop()
    assert sorted(await effects(database)) == sorted(event.event_id for event in [*events, *later])


async def test_a_worker_that_dies_between_commit_and_ack_loses_and_doubles_nothing(
    database: Database,
    stored: FreshDatabase,
    broker: Broker,
    topic: str,
    reader: CollectingReader,
    relay: Relay,
    make_event: MakeEvent,
) -> None:
    events = [make_event() for _ in range(8)]
    await publish(database, *events)
    command = [sys.executable, "-m", "tests.integration.chassis.worker_process"]
    command += [stored.worker_url(), broker.bootstrap, topic]
    root = str(Path(__file__).parents[3])
    environment = {
        "PYTHONPATH": f"{root}:{root}/gen",
        "PATH": "",
        "KEM_FAULT_POINT": fault_points.AFTER_COMMIT_BEFORE_ACK,
    }
    victim = await asyncio.create_subprocess_exec(*command, cwd=root, env=environment)
    assert await asyncio.wait_for(victim.wait(), 30) == -signal.SIGKILL
    runner = stream(database, broker, topic, reader)
    async with running(runner.run()):
        await until(lambda: _has_effects(database, 8), within=30)
        await until(lambda: _are_acked(runner))
        await runner.stop()
    assert sorted(await effects(database)) == sorted(event.event_id for event in events)


async def _has_effects(database: Database, count: int) -> bool:
    return len(await effects(database)) >= count


def _are_acked(runner: StreamRunner) -> bool:
    return sum(runner.reached.values()) >= 8
