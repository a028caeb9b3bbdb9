"""The story: somebody restarts a worker in the middle of the day, politely.
The breakage: SIGTERM while a batch is stuck in its transaction and more facts are in the worker's hands.
What must still hold: every fact that a client was told is kept has its effect once, each key in its order.
"""

import pytest

from tests.fault.facts import HOLD, Trouble
from tests.fault.stage import Account, Stage


async def after_a_worker_was_asked_to_end(stage: Stage, way: str) -> Account:
    """The account of a day on which the worker is asked to end while a fact holds it up."""
    worker = await stage.start(way)
    await worker.said("ready")
    await stage.until_effect_of(await stage.tell_round())
    async with stage.database.pool.acquire() as connection:
        await connection.execute("select pg_advisory_lock($1)", HOLD)
        await stage.tell_round(2, {2: Trouble.HELD})
        await worker.said("held")
        await stage.tell_round(2)
        await worker.end()
        await connection.execute("select pg_advisory_unlock($1)", HOLD)
    await stage.start(way)
    await stage.until_told_is_past()
    return await stage.account()


@pytest.mark.parametrize("way", ["stream", "projection"])
async def test_a_worker_that_is_asked_to_end_loses_and_doubles_nothing(stage: Stage, way: str) -> None:
    account = await after_a_worker_was_asked_to_end(stage, way)
    assert account.is_clean, account
    assert not account.set_aside


async def test_a_worker_that_acks_before_it_commits_loses_what_it_was_torn_out_of(stage: Stage) -> None:
    account = await after_a_worker_was_asked_to_end(stage, "early_ack")
    assert account.lost, "this test could not have failed"
