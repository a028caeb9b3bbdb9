"""What a transaction writes together, or last: one statement, and nothing of a part that is undone."""

import pytest

from chassis.postgres import Database, Transaction
from chassis.together import together
from kernel.errors import RuleBroken
from kernel.ids import random_id
from tests.integration.chassis.conftest import WORKER

_HEARD = "insert into inbox (consumer, event_id) values ($1, $2)"
_KEEP = "update request set response = $1"


async def heard_by(database: Database) -> list[str]:
    async with database.pool.acquire() as connection:
        rows = await connection.fetch("select consumer from inbox order by consumer")
        return [row["consumer"] for row in rows]


async def test_what_is_written_together_takes_one_statement_and_is_all_there(database: Database) -> None:
    async with database.transaction(WORKER) as tx:
        await tx.connection.execute(_HEARD, "gone", random_id())
        async with together(tx) as step:
            await step.connection.execute(_HEARD, "a", random_id())
            await step.connection.execute("delete from inbox where consumer = $1", "gone")
            await step.connection.execute(_HEARD, "b", random_id())
        assert len(await tx.connection.fetch("select distinct cmin::text from inbox")) == 1
    assert await heard_by(database) == ["a", "b"]


async def test_what_was_to_be_written_together_is_not_written_where_the_step_fails(
    database: Database,
) -> None:
    async def fail(tx: Transaction) -> None:
        async with together(tx) as step:
            await step.connection.execute(_HEARD, "a", random_id())
            raise RuleBroken("not now")

    async with database.transaction(WORKER) as tx:
        with pytest.raises(RuleBroken):
            await fail(tx)
    assert await heard_by(database) == []


async def test_two_updates_of_one_table_are_refused_together_for_one_might_be_lost(
    database: Database,
) -> None:
    async def keep_twice(tx: Transaction) -> None:
        async with together(tx) as step:
            await step.connection.execute(_KEEP, b"one")
            await step.connection.execute(_KEEP + " where method = $2", b"two", "/x/Y")

    async with database.transaction(WORKER) as tx:
        with pytest.raises(ValueError, match="request is updated twice"):
            await keep_twice(tx)


async def test_a_part_that_is_undone_takes_with_it_what_was_to_be_written_last(database: Database) -> None:
    async def fail(tx: Transaction) -> None:
        async with tx.savepoint():
            tx.write_last(_HEARD, "undone", random_id())
            raise RuleBroken("not now")

    async with database.transaction(WORKER) as tx:
        tx.write_last(_HEARD, "kept", random_id())
        with pytest.raises(RuleBroken):
            await fail(tx)
    assert await heard_by(database) == ["kept"]
