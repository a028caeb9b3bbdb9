"""The story: a city's Kafka of three brokers has a bad week, and workers and the relay die, too.
The breakage, under steady load: brokers killed, frozen, restarted in turn, two of three lost.
What must still hold: every fact that a client was told is kept has its effect once, each key in its order.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

from chassis.postgres import Database
from tests.deep.three_brokers import REPLICAS, ThreeBrokers
from tests.fault.facts import Fact
from tests.fault.processes import Worker
from tests.fault.stage import Stage
from tests.integration.chassis.conftest import make_topic
from tests.integration.chassis.waiting import until
from tests.support.apache import MakeNodes
from tests.support.postgres import FreshDatabase
from tools.stack.topics import BROKER_ERRORS

CONSUMERS: Final = {"stream": "decides", "projection": "follows"}
"""A way of reading, and the consumer that reads so."""
PAUSE_SECONDS: Final = 0.1
"""Between two rounds of one fact per key: 120 facts a second."""
FROZEN_SECONDS: Final = 10
ROUNDS: Final = 10

Trouble = Callable[["Week"], Awaitable[None]]


@pytest_asyncio.fixture(scope="module")
async def brokers(apache_nodes: MakeNodes) -> ThreeBrokers:
    return ThreeBrokers(await asyncio.to_thread(apache_nodes, len(REPLICAS)))


class Week:
    """A stage on the three brokers, with a steady load on it, a relay, and a worker of each kind."""

    def __init__(self, stage: Stage, brokers: ThreeBrokers) -> None:
        self.stage = stage
        self.brokers = brokers
        self.relay: Worker
        self.workers: dict[str, Worker] = {}

    async def begin(self) -> None:
        """Returns when both workers read."""
        self.relay = await self.stage.start_sender("relay")
        for way in CONSUMERS:
            self.workers[way] = await self.start(way)
        for worker in self.workers.values():
            await worker.said("ready")

    async def start(self, way: str) -> Worker:
        """One more worker of the kind."""
        return await self.stage.start(way, consumer=CONSUMERS[way])

    async def go_on(self, rounds: int = ROUNDS) -> None:
        """Waits until the clients have told so many rounds more."""
        told = len(self.stage.kept) + rounds * len(self.stage.keys)
        await until(lambda: len(self.stage.kept) >= told, within=120)

    async def until_all_is_done(self) -> None:
        """Tells one last fact per key: whatever came before has had its chance when these have acted."""
        await self.stage.until_told_is_past(*CONSUMERS.values())

    @asynccontextmanager
    async def under_load(self) -> AsyncIterator[None]:
        """Clients tell facts, round after round, whatever happens to the brokers."""
        ending = asyncio.Event()

        async def tell() -> None:
            while not ending.is_set():
                await self.stage.tell_round()
                await asyncio.sleep(PAUSE_SECONDS)

        telling = asyncio.create_task(tell())
        try:
            yield
        finally:
            ending.set()
            await telling


@pytest_asyncio.fixture
async def week(
    brokers: ThreeBrokers, stored: FreshDatabase, database: Database, tmp_path: Path
) -> AsyncIterator[Week]:
    bootstrap = brokers.bootstrap
    topic = await asyncio.to_thread(make_topic, bootstrap, replicas=REPLICAS)
    await brokers.until_whole(topic)
    stage = Stage(stored, database, bootstrap, topic, tmp_path, idempotence=True)
    yield Week(stage, brokers)
    await stage.clear()
    await brokers.until_whole(topic)


async def a_leader_is_killed(week: Week) -> None:
    number = await week.brokers.leader_of(week.stage.topic)
    week.brokers.kill(number)
    await week.go_on(5 * ROUNDS)
    await week.brokers.start(number)


async def the_controller_is_killed(week: Week) -> None:
    number = week.brokers.controller()
    week.brokers.kill(number)
    await week.go_on(5 * ROUNDS)
    assert await until(lambda: week.brokers.controller() != number, within=30)
    await week.brokers.start(number)


async def a_leader_is_frozen(week: Week) -> None:
    number = await week.brokers.leader_of(week.stage.topic)
    week.brokers.send(number, signal.SIGSTOP)
    await week.go_on(int(FROZEN_SECONDS / PAUSE_SECONDS))
    week.brokers.send(number, signal.SIGCONT)


async def each_is_restarted_in_turn(week: Week) -> None:
    for number in week.brokers.nodes:
        await week.brokers.end(number)
        await week.go_on()
        await week.brokers.until_whole(week.stage.topic)


async def two_of_three_are_lost(week: Week) -> None:
    lost = {week.brokers.controller(), await week.brokers.leader_of(week.stage.topic)}
    lost |= set([number for number in week.brokers.nodes if number not in lost][: 2 - len(lost)])
    for number in lost:
        week.brokers.kill(number)
    await week.go_on(5 * ROUNDS)
    for number in lost:
        week.brokers.nodes[number].spawn()
    for number in lost:
        await asyncio.to_thread(week.brokers.nodes[number].wait_ready)


async def workers_are_killed(week: Week) -> None:
    for way, worker in week.workers.items():
        worker.process.kill()
        await worker.died()
        await week.go_on()
        await (await week.start(way)).said("ready")


async def workers_come_and_go(week: Week) -> None:
    for way, first in week.workers.items():
        second = await week.start(way)
        await second.said("ready")
        await week.go_on()
        await first.end()
        await week.go_on()
        third = await week.start(way)
        await third.said("ready")
        second.process.kill()
        await second.died()


async def the_relay_is_killed(week: Week) -> None:
    for _ in range(3):
        week.relay.process.kill()
        await week.relay.died()
        await week.go_on()
        week.relay = await week.stage.start_sender("relay")
        await week.go_on()


@pytest.mark.parametrize(
    "trouble",
    [
        a_leader_is_killed,
        the_controller_is_killed,
        a_leader_is_frozen,
        each_is_restarted_in_turn,
        two_of_three_are_lost,
        workers_are_killed,
        workers_come_and_go,
        the_relay_is_killed,
    ],
)
async def test_nothing_is_lost_or_doubled_and_every_key_keeps_its_order(week: Week, trouble: Trouble) -> None:
    await week.begin()
    async with week.under_load():
        await week.go_on()
        await trouble(week)
        await week.go_on()
    await week.until_all_is_done()
    for consumer in CONSUMERS.values():
        account = await week.stage.account(consumer)
        assert account.is_clean, account
        assert not account.set_aside


async def after_the_only_broker_that_had_them_died(week: Week, sender: str) -> None:
    """Facts are sent while both followers are frozen; then the leader dies, and one of the others leads."""
    leader, *followers = REPLICAS
    assert await week.brokers.leader_of(week.stage.topic) == leader
    relay = await week.stage.start_sender(sender)
    worker = await week.start("projection")
    await worker.said("ready")
    await week.stage.until_effect_of(await week.stage.tell_round(), CONSUMERS["projection"])
    for number in followers:
        week.brokers.send(number, signal.SIGSTOP)
    # what answers a fetch that waits already lies in the frozen one's socket: that is not lost
    first = await week.stage.tell_round()
    await until(lambda: _has_written(week, leader, first), within=30)
    await week.stage.tell_round()
    if sender != "relay":
        await until(lambda: _is_marked(week), within=30)
    assert await _is_marked(week) == (sender != "relay")
    week.brokers.kill(leader)
    relay.process.kill()
    await relay.died()
    for number in followers:
        week.brokers.send(number, signal.SIGCONT)
    await until(lambda: _leads_another(week, leader), within=60)
    await week.stage.start_sender("relay")
    await week.stage.until_told_is_past(CONSUMERS["projection"])


def _has_written(week: Week, number: int, facts: list[Fact]) -> bool:
    """Whether the files of the node, which leads every partition, hold these facts."""
    logs = (week.brokers.nodes[number].data).glob(f"{week.stage.topic}-*/*.log")
    written = b"".join(file.read_bytes() for file in logs)
    return all(str(fact.event_id).encode() in written for fact in facts)


async def _is_marked(week: Week) -> bool:
    """Whether the relay has noted that all of them are sent."""
    async with week.stage.database.pool.acquire() as connection:
        position = await connection.fetchval("select position from publication")
    return bool(position >= len(week.stage.kept))


async def _leads_another(week: Week, number: int) -> bool:
    try:
        return await week.brokers.leader_of(week.stage.topic) not in (number, -1)
    except BROKER_ERRORS:
        return False


async def test_what_one_broker_alone_has_is_not_acknowledged_and_is_sent_again(week: Week) -> None:
    await after_the_only_broker_that_had_them_died(week, "relay")
    account = await week.stage.account(CONSUMERS["projection"])
    assert account.is_clean, account


async def test_a_relay_that_is_content_with_one_broker_loses_facts(week: Week) -> None:
    await after_the_only_broker_that_had_them_died(week, "one_acknowledgement")
    account = await week.stage.account(CONSUMERS["projection"])
    assert account.lost, "this test could not have failed"
