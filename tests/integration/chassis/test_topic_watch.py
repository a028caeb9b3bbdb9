"""The watch over topics: it says what is wrong, once, and goes on looking."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.topic_watch import TopicWatch
from chassis.topics import REFERRAL
from tests.integration.chassis.waiting import running, until
from tools.stack.broker import Broker
from tools.stack.ports import free_port
from tools.stack.topics import create_topics


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[Broker]:
    """A broker of this test's own; its topics go when it stops."""
    broker = Broker(free_port(), tmp_path / "broker.log")
    broker.start()
    yield broker
    broker.stop()


async def test_each_new_reason_is_told_until_all_is_in_order(forgetful: Broker) -> None:
    told: list[str] = []

    async def tell(reason: str) -> None:
        told.append(reason)

    watch = TopicWatch(forgetful.bootstrap, [REFERRAL], 1)
    forgetful.stop()
    async with running(watch.until_in_order(tell)) as (watching,):
        await until(lambda: told == [f"no broker answers at {forgetful.bootstrap}"])
        forgetful.start()
        await until(lambda: told[1:] == [f"topic {REFERRAL} is missing"])
        create_topics(forgetful.bootstrap)
        await asyncio.wait_for(watching, 15)
    assert len(told) == 2


async def test_a_topic_that_is_lost_is_noticed_and_a_broker_that_is_away_is_not_taken_for_it(
    forgetful: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.topic_watch.LOOK_SELDOM_SECONDS", 0.05)
    watch = TopicWatch(forgetful.bootstrap, [REFERRAL], 1)
    create_topics(forgetful.bootstrap)
    async with running(watch.until_out_of_order()) as (losing,):
        forgetful.stop()
        assert await watch._look() is None
        assert not losing.done()
        forgetful.start()
        await asyncio.wait_for(losing, 15)


async def test_who_reads_and_writes_no_topic_asks_no_broker() -> None:
    async def tell(reason: str) -> None:
        raise AssertionError(reason)

    await TopicWatch("127.0.0.1:9", [], 1).until_in_order(tell)
