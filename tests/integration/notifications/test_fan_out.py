"""From a commit to every open stream, with readers that are slow, late, or served by another process."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from kernel.errors import Exhausted
from kernel.ids import agency_inbox, random_id
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.entrypoints.fan_out import FanOut
from services.notifications.entrypoints.subscription import QUEUE, Subscription
from tests.integration.notifications.inboxes import Notifications, message
from tests.support.referral_facts import AGENCY, incoming, offered

PATIENCE_SECONDS = 10


@pytest.fixture
async def fan_out(notifications: Notifications) -> AsyncIterator[FanOut]:
    one = FanOut(notifications.worker, PostgresDeliveries(), most_per_inbox=3)
    running = asyncio.create_task(one.run())
    yield one
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def offers(notifications: Notifications, count: int, *, here: FanOut | None, to: UUID = AGENCY) -> None:
    """Commits offers in one batch: in this process, or in another one that tells no stream of ours."""
    batch = [incoming(offered(to), position=position) for position in range(1, count + 1)]
    await notifications.runner(here).take([message(event) for event in batch])


async def received(reader: Subscription, count: int) -> list[int]:
    sequences: list[int] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(sequences) < count:
            sequences += [message.delivery.sequence for message in await reader.take(PATIENCE_SECONDS)]
    return sequences


async def test_what_this_process_commits_reaches_its_streams_at_once(
    notifications: Notifications, fan_out: FanOut
) -> None:
    with fan_out.subscribed(agency_inbox(AGENCY), 0) as reader:
        await offers(notifications, 3, here=fan_out)
        taken = await reader.take(0)
        assert [one.delivery.sequence for one in taken] == [1, 2, 3]
        assert taken[0].last_sequence == 3


async def test_what_another_process_commits_reaches_them_too(
    notifications: Notifications, fan_out: FanOut
) -> None:
    with fan_out.subscribed(agency_inbox(AGENCY), 0) as reader:
        await offers(notifications, 3, here=None)
        assert await received(reader, 3) == [1, 2, 3]


async def test_commits_of_two_processes_by_turns_arrive_in_order_and_once(
    notifications: Notifications, fan_out: FanOut
) -> None:
    with fan_out.subscribed(agency_inbox(AGENCY), 0) as reader:
        for turn in range(10):
            await offers(notifications, 2, here=fan_out if turn % 2 else None)
        assert await received(reader, 20) == list(range(1, 21))


async def test_a_reader_who_comes_late_gets_everything_behind_its_cursor(
    notifications: Notifications, fan_out: FanOut
) -> None:
    await offers(notifications, 450, here=fan_out)
    with fan_out.subscribed(agency_inbox(AGENCY), 20) as reader:
        fan_out.learn_end(agency_inbox(AGENCY), 450)
        await offers(notifications, 5, here=fan_out)
        assert await received(reader, 435) == list(range(21, 456))


async def test_a_slow_reader_costs_the_others_nothing_and_loses_nothing(
    notifications: Notifications, fan_out: FanOut
) -> None:
    inbox = agency_inbox(AGENCY)
    total = 3 * QUEUE
    with fan_out.subscribed(inbox, 0) as slow, fan_out.subscribed(inbox, 0) as quick:
        for batch in range(6):
            await offers(notifications, total // 6, here=fan_out)
            taken = await received(quick, total // 6)
            assert taken[-1] == (batch + 1) * total // 6
        assert slow.is_behind
        assert await received(slow, total) == list(range(1, total + 1))


async def test_each_stream_gets_its_own_inbox_only(notifications: Notifications, fan_out: FanOut) -> None:
    other = random_id()
    with (
        fan_out.subscribed(agency_inbox(AGENCY), 0) as one,
        fan_out.subscribed(agency_inbox(other), 0) as two,
    ):
        await offers(notifications, 2, here=fan_out)
        await offers(notifications, 1, here=None, to=other)
        assert await received(one, 2) == [1, 2]
        assert await received(two, 1) == [1]
        assert await one.take(0) == []


async def test_a_reader_whose_cursor_lies_in_what_was_forgotten_goes_on_behind_it(
    notifications: Notifications, fan_out: FanOut
) -> None:
    await offers(notifications, 5, here=None)
    notifications.files.execute(
        "delete from notifications.delivery; update notifications.recipient set forgotten_sequence = 5"
    )
    with fan_out.subscribed(agency_inbox(AGENCY), 2) as reader:
        fan_out.learn_end(agency_inbox(AGENCY), 5)
        await offers(notifications, 2, here=fan_out)
        assert await received(reader, 2) == [6, 7]


async def test_a_database_that_goes_away_for_a_moment_is_waited_for(
    notifications: Notifications, fan_out: FanOut
) -> None:
    with fan_out.subscribed(agency_inbox(AGENCY), 0) as reader:
        notifications.files.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where usename = 'notifications_worker' and datname = current_database()"
        )
        await offers(notifications, 2, here=None)
        assert await received(reader, 2) == [1, 2]


async def test_a_database_that_dies_in_the_middle_of_an_answer_is_waited_for(
    notifications: Notifications, fan_out: FanOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, deaths = PostgresDeliveries.last_sequences, iter([asyncpg.InternalClientError("cut off")])

    async def cut_off_once(*arguments: Any) -> Any:
        for death in deaths:
            raise death
        return await ask(*arguments)

    monkeypatch.setattr(PostgresDeliveries, "last_sequences", cut_off_once)
    with fan_out.subscribed(agency_inbox(AGENCY), 0) as reader:
        await offers(notifications, 3, here=None)
        assert await received(reader, 3) == [1, 2, 3]


async def test_an_inbox_has_a_bounded_number_of_streams(
    notifications: Notifications, fan_out: FanOut
) -> None:
    inbox = agency_inbox(AGENCY)
    with fan_out.subscribed(inbox, 0), fan_out.subscribed(inbox, 0):
        with fan_out.subscribed(inbox, 0), pytest.raises(Exhausted), fan_out.subscribed(inbox, 0):
            pass
        assert fan_out.open_streams == 2
