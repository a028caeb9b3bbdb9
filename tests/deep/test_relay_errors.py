"""The story: the wire between a service's relay and Kafka is bad: the relay hears errors, or nothing at all.
The breakage: answers lost, requests lost, requests torn in the middle, connections cut, again and again.
What must still hold: the relay throws its producer away and sends the same events again in their order, so
that every fact has its effect once, each key in its order.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
import pytest_asyncio

from chassis.event_log import advance_publication
from chassis.postgres import Database
from chassis.publisher import LoggedEvent, Publisher, PublishingFailed
from chassis.relay import Relay
from tests.fault.order import SOURCE
from tests.fault.stage import Account, Stage
from tests.integration.chassis.conftest import make_topic
from tests.integration.chassis.waiting import running, until
from tests.support.apache import MakeNodes
from tests.support.postgres import FreshDatabase
from tools.stack.apache import CLIENTS, NodePorts
from tools.stack.ports import free_port
from tools.storm.wire import Wire

PAUSE_SECONDS: Final = 0.05
DEADLINE_SECONDS: Final = 1.5
TIMES: Final = 3


@dataclass
class Behind:
    """A Kafka behind a bad wire: `bootstrap` leads past it, `wire` through it."""

    bootstrap: str
    wire: Wire
    producers: int = 0
    """That the relay has made."""
    failures: int = 0
    """That it has heard."""


@pytest_asyncio.fixture(scope="module")
async def kafka(apache_nodes: MakeNodes) -> AsyncIterator[tuple[str, Wire]]:
    """One node with one more door, which is reached by the wire only."""
    door, outside = free_port(), free_port()

    def one_more_door(ports: NodePorts) -> str:
        inside = f"{CLIENTS}://127.0.0.1:{ports.broker}"
        return (
            f"listeners={inside},CONTROLLER://127.0.0.1:{ports.controller},LINE://127.0.0.1:{door}\n"
            f"advertised.listeners={inside},LINE://127.0.0.1:{outside}\n"
            f"listener.security.protocol.map={CLIENTS}:PLAINTEXT,CONTROLLER:PLAINTEXT,LINE:PLAINTEXT\n"
        )

    (node,) = await asyncio.to_thread(apache_nodes, 1, one_more_door)
    wire = Wire(lambda: f"127.0.0.1:{door}")
    await wire.open(outside)
    yield f"127.0.0.1:{node.port}", wire
    await wire.close()


@pytest.fixture
def behind(kafka: tuple[str, Wire], monkeypatch: pytest.MonkeyPatch) -> Behind:
    """The relay's patience is short here: it is tried many times."""
    one = Behind(*kafka)
    monkeypatch.setattr("chassis.publisher.ACKNOWLEDGEMENT_DEADLINE_SECONDS", DEADLINE_SECONDS)
    connect, send = Publisher._connect, Publisher.send

    async def counted_connect(self: Publisher) -> Any:
        one.producers += 1
        return await connect(self)

    async def counted_send(self: Publisher, rows: Sequence[LoggedEvent]) -> int:
        try:
            return await send(self, rows)
        except PublishingFailed:
            one.failures += 1
            raise

    monkeypatch.setattr(Publisher, "_connect", counted_connect)
    monkeypatch.setattr(Publisher, "send", counted_send)
    return one


@pytest_asyncio.fixture
async def stage(
    behind: Behind, stored: FreshDatabase, database: Database, tmp_path: Path
) -> AsyncIterator[Stage]:
    topic = await asyncio.to_thread(make_topic, behind.bootstrap)
    one = Stage(stored, database, behind.bootstrap, topic, tmp_path, idempotence=True)
    yield one
    await one.clear()


@asynccontextmanager
async def under_load(stage: Stage) -> AsyncIterator[None]:
    """Clients tell facts, round after round."""
    ending = asyncio.Event()

    async def tell() -> None:
        while not ending.is_set():
            await stage.tell_round()
            await asyncio.sleep(PAUSE_SECONDS)

    async with running(tell()) as (telling,):
        yield
        ending.set()
        await telling


async def some_more(stage: Stage) -> None:
    """Waits until the clients have told a few rounds more."""
    before = len(stage.kept)
    await until(lambda: len(stage.kept) > before + 60, within=30)


async def failures(behind: Behind, number: int) -> None:
    """Waits until the relay has heard so many errors more, its own impatience among them."""
    before = behind.failures
    await until(lambda: behind.failures >= before + number, within=30)


async def answers_are_lost(behind: Behind) -> None:
    """What arrives is taken for lost, and is sent again by another producer."""
    behind.wire.lose_answers_to(b"")
    await failures(behind, 2)
    behind.wire.snap()


async def requests_are_lost(behind: Behind) -> None:
    """Nothing arrives, and nothing is heard of it."""
    behind.wire.stall()
    await failures(behind, 2)
    behind.wire.snap()
    behind.wire.mend()


async def a_request_is_torn(behind: Behind) -> None:
    """A part of it arrives, then the connection is gone."""
    before = behind.wire.torn
    behind.wire.cut_after(150, of_requests=True)
    await until(lambda: behind.wire.torn > before, within=30)


async def connections_are_cut(behind: Behind) -> None:
    """In the middle of whatever is on the way."""
    behind.wire.snap()


Trouble = Callable[[Behind], Awaitable[None]]


async def after(trouble: Trouble, relay: Relay, stage: Stage, behind: Behind, way: str) -> Account:
    """The account of a day on which the wire has the trouble a few times."""
    worker = await stage.start(way)
    await worker.said("ready")
    async with running(relay.run()):
        async with under_load(stage):
            for _ in range(TIMES):
                await some_more(stage)
                await trouble(behind)
        await stage.until_told_is_past()
    return await stage.account()


def relay_of(stage: Stage, behind: Behind, kind: type[Relay] = Relay) -> Relay:
    """A relay that reaches Kafka by the wire."""
    return kind(stage.database, f"127.0.0.1:{behind.wire.port}", SOURCE, idempotence=True)


@pytest.mark.parametrize(
    "trouble", [answers_are_lost, requests_are_lost, a_request_is_torn, connections_are_cut]
)
async def test_a_relay_behind_a_bad_line_loses_and_doubles_nothing_and_keeps_the_order(
    stage: Stage, behind: Behind, trouble: Trouble
) -> None:
    account = await after(trouble, relay_of(stage, behind), stage, behind, "stream")
    assert account.is_clean, account
    assert not account.set_aside
    if trouble in (answers_are_lost, requests_are_lost):
        assert behind.producers > TIMES, "a producer that has failed is never used again"


async def test_what_was_sent_again_would_act_again_without_an_inbox(stage: Stage, behind: Behind) -> None:
    account = await after(answers_are_lost, relay_of(stage, behind), stage, behind, "without_inbox")
    assert account.doubled, "this test could not have failed"


class RelayThatGivesUp(Relay):
    """Naive: what failed has failed; it goes on with what comes next."""

    async def _publish(self, connection: asyncpg.Connection) -> int:
        try:
            return await super()._publish(connection)
        except PublishingFailed:
            await advance_publication(connection, self._unacknowledged[-1].position)
            self._unacknowledged.clear()
            return 0


async def test_a_relay_that_goes_on_after_an_error_loses_facts(stage: Stage, behind: Behind) -> None:
    account = await after(
        requests_are_lost, relay_of(stage, behind, RelayThatGivesUp), stage, behind, "stream"
    )
    assert account.lost, "this test could not have failed"
