"""The story: the broker dies and comes back with nothing; topics, offsets and groups are gone.
The breakage: one consumer had read everything, another one was behind; some facts were not even sent yet.
What must still hold: after the replay both come to the same state: nothing lost, nothing doubled.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from chassis.postgres import Database
from chassis.relay import Relay
from chassis.topics import REFERRAL
from tests.fault.order import SOURCE
from tests.fault.stage import Account, Stage
from tests.integration.chassis.waiting import running
from tests.support.postgres import FreshDatabase
from tools.stack.broker import Broker
from tools.stack.replay import replay
from tools.stack.topics import create_topics

Fill = Callable[[FreshDatabase, str], Awaitable[None]]


@pytest.fixture
def forgetful(fresh_broker: Callable[[], Broker]) -> Broker:
    """A broker that this test may empty."""
    return fresh_broker()


@pytest_asyncio.fixture
async def quiet(
    stored: FreshDatabase, database: Database, forgetful: Broker, tmp_path: Path
) -> AsyncIterator[Stage]:
    """A stage on that broker, on one of the product's own topics: only those are replayed."""
    stage = Stage(stored, database, forgetful.bootstrap, REFERRAL, tmp_path)
    yield stage
    await stage.clear()


async def from_event_log(stored: FreshDatabase, bootstrap: str) -> None:
    """The recipe: everything that anybody may lack is sent again."""
    replayed = await replay({SOURCE: stored.worker_url()}, bootstrap)
    assert replayed.total


async def from_nowhere(stored: FreshDatabase, bootstrap: str) -> None:
    """Naive: the relay will go on with what comes next."""


async def after_the_broker_forgot(
    stage: Stage, forgetful: Broker, stored: FreshDatabase, fill: Fill, way: str
) -> tuple[Account, Account]:
    """The accounts of the consumer that was ahead and of the one that was behind."""
    relay = Relay(stage.database, stage.bootstrap, SOURCE, idempotence=False)
    async with running(relay.run()):
        ahead, behind = await stage.start(way, consumer="ahead"), await stage.start(way, consumer="behind")
        read_by_both = await stage.tell_round()
        await stage.until_effect_of(read_by_both, "ahead")
        await stage.until_effect_of(read_by_both, "behind")
        await behind.end()
        await stage.until_effect_of(await stage.tell_round(2), "ahead")
        await ahead.end()
    await stage.tell_round()  # nobody sends these before the broker is gone
    forgetful.stop()
    forgetful.start()
    assert create_topics(forgetful.bootstrap), "the broker should have forgotten its topics"
    await fill(stored, stage.bootstrap)
    relay = Relay(stage.database, stage.bootstrap, SOURCE, idempotence=False)
    async with running(relay.run()):
        await stage.start(way, consumer="ahead")
        await stage.start(way, consumer="behind")
        await stage.until_told_is_past("ahead", "behind")
    return await stage.account("ahead"), await stage.account("behind")


@pytest.mark.parametrize("way", ["stream", "projection"])
async def test_a_broker_that_comes_back_empty_is_filled_and_nothing_is_lost_or_doubled(
    quiet: Stage, forgetful: Broker, stored: FreshDatabase, way: str
) -> None:
    for account in await after_the_broker_forgot(quiet, forgetful, stored, from_event_log, way):
        assert account.is_clean, account
        assert not account.set_aside


async def test_without_a_replay_the_consumer_that_was_behind_loses_facts(
    quiet: Stage, forgetful: Broker, stored: FreshDatabase
) -> None:
    ahead, behind = await after_the_broker_forgot(quiet, forgetful, stored, from_nowhere, "stream")
    assert ahead.is_clean
    assert behind.lost, "this test could not have failed"


async def test_without_an_inbox_the_consumer_that_was_ahead_doubles_facts(
    quiet: Stage, forgetful: Broker, stored: FreshDatabase
) -> None:
    ahead, _ = await after_the_broker_forgot(quiet, forgetful, stored, from_event_log, "without_inbox")
    assert ahead.doubled, "this test could not have failed"
