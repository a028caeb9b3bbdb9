"""The story: a worker starts, and the broker gives it nothing to read: its topics are not there yet.
The breakage: Faust says nothing about it and looks as if it ran.
What must still hold: the worker is not ready, says so within its bound, and reads as soon as that is mended.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from chassis.postgres import Database
from chassis.stream import StreamRunner
from chassis.topics import REFERRAL
from tests.fault.effects import EffectReader
from tests.fault.order import SCHEMA
from tests.fault.processes import PATIENCE_SECONDS
from tests.fault.runners import SESSION_SECONDS
from tests.integration.chassis.waiting import running, until
from tools.stack.broker import Broker
from tools.stack.ports import free_port
from tools.stack.topics import create_topics

Readiness = Callable[[StreamRunner], Any]


@pytest.fixture
def bare_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker on which nobody has made topics."""
    broker = Broker(free_port(), tmp_path / "broker.log")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def runner(bare_broker: Broker, database: Database, monkeypatch: pytest.MonkeyPatch) -> StreamRunner:
    """The chassis' runner with a bound of a second."""
    monkeypatch.setattr("chassis.stream.ASSIGNMENT_DEADLINE_SECONDS", 1)
    return StreamRunner(
        SCHEMA,
        "nothing-to-read",
        bare_broker.bootstrap,
        database,
        [REFERRAL],
        EffectReader("nothing-to-read", reads_newer=False),
        session_seconds=SESSION_SECONDS,
    )


async def says_ready_with_nothing_to_read(runner: StreamRunner, readiness: Readiness) -> bool:
    """Whether it says ready before the bound has passed and the log has told of it."""
    with capture_logs() as lines:
        async with running(runner.run()):
            await until(lambda: [one for one in lines if one["event"] == "no_partition_assigned"])
            is_ready = bool(readiness(runner))
            await runner.stop()
    return is_ready


async def test_a_worker_with_nothing_to_read_is_not_ready_and_says_so(runner: StreamRunner) -> None:
    assert not await says_ready_with_nothing_to_read(runner, lambda one: one.is_ready)


async def test_whoever_believes_faust_takes_it_for_ready(runner: StreamRunner) -> None:
    assert await says_ready_with_nothing_to_read(runner, _faust_has_started), (
        "this test could not have failed"
    )


def _faust_has_started(runner: StreamRunner) -> bool:
    return runner._app is not None and bool(runner._app.started)


async def test_it_reads_as_soon_as_its_topics_are_made(runner: StreamRunner, bare_broker: Broker) -> None:
    with capture_logs() as lines:
        async with running(runner.run()):
            await until(lambda: [one for one in lines if one["event"] == "no_partition_assigned"])
            create_topics(bare_broker.bootstrap)
            await until(lambda: runner.is_ready, within=PATIENCE_SECONDS)
            await runner.stop()
