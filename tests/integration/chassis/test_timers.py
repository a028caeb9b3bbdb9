"""What falls due is worked off once, whoever else works beside."""

import asyncio

import pytest_asyncio

from chassis.postgres import Database, Transaction
from chassis.timers import TimerLoop
from tests.integration.chassis.conftest import SCHEMA
from tests.integration.chassis.waiting import running, until
from tests.support.postgres import FreshDatabase

_TAKE = """
    with taken as (
        delete from due where id in (
            select id from due where due_time <= clock_timestamp() order by due_time, id
            limit 100 for update skip locked
        ) returning id
    )
    insert into worked_off select id from taken returning id
"""


@pytest_asyncio.fixture
async def due(stored: FreshDatabase) -> None:
    stored.execute(
        f"""
        create table {SCHEMA}.due (id bigint generated always as identity primary key, due_time timestamptz);
        create table {SCHEMA}.worked_off (id bigint);
        grant all on {SCHEMA}.due, {SCHEMA}.worked_off to {SCHEMA}_worker;
        """
    )


async def add(database: Database, count: int, when: str = "now()") -> None:
    async with database.pool.acquire() as connection:
        await connection.execute(
            f"insert into due (due_time) select {when} from generate_series(1, $1)", count
        )


async def worked_off(database: Database) -> list[int]:
    async with database.pool.acquire() as connection:
        return [row[0] for row in await connection.fetch("select id from worked_off order by id")]


async def test_several_workers_work_each_row_off_once(database: Database, due: None) -> None:
    async def take(tx: Transaction) -> int:
        return len(await tx.connection.fetch(_TAKE))

    loops = [TimerLoop(database, take, service=SCHEMA) for _ in range(3)]
    await add(database, 650)
    await add(database, 3, "now() + interval '1 hour'")
    async with running(*(loop.run() for loop in loops)) as tasks:
        await until(lambda: _has(database, 650))
        for loop in loops:
            loop.stop()
        await asyncio.wait_for(asyncio.gather(*tasks), 5)
    assert await worked_off(database) == list(range(1, 651)), "each once, and nothing before its time"


async def test_an_error_undoes_the_hand_and_it_is_tried_again(database: Database, due: None) -> None:
    failures = iter([True, True])

    async def take(tx: Transaction) -> int:
        rows = await tx.connection.fetch(_TAKE)
        if next(failures, False):
            raise RuntimeError("a mistake")
        return len(rows)

    loop = TimerLoop(database, take, service=SCHEMA, first_backoff_seconds=0.01)
    await add(database, 5)
    async with running(loop.run()):
        await until(lambda: _has(database, 5))
        loop.stop()
    assert await worked_off(database) == [1, 2, 3, 4, 5]


async def test_what_a_hand_needs_of_others_is_asked_before_it(database: Database, due: None) -> None:
    steps: list[str] = []

    async def prepare() -> None:
        steps.append("ask")

    async def take(tx: Transaction) -> int:
        steps.append("take")
        return len(await tx.connection.fetch(_TAKE))

    loop = TimerLoop(database, take, service=SCHEMA, prepare=prepare)
    await add(database, 5)
    async with running(loop.run()):
        await until(lambda: _has(database, 5))
        loop.stop()
    assert steps[:2] == ["ask", "take"]


async def _has(database: Database, count: int) -> bool:
    return len(await worked_off(database)) >= count
