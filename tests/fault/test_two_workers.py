"""The story: two workers share the work of one consumer; the machine kills one of them in a batch.
The breakage: `kill -9` of one; the broker gives its partitions to the other one.
What must still hold: every fact that a client was told is kept has its effect once, each key in its order.
"""

import signal

import pytest

from chassis import fault_points
from tests.fault.stage import Account, Stage


async def after_one_of_two_was_killed(stage: Stage, way: str, point: str) -> Account:
    """The account of a day on which one of two workers dies at its first batch."""
    survivor = await stage.start(way)
    await survivor.said("assigned 8")
    victim = await stage.start(way, fault_point=point)
    await victim.said("assigned 4")
    await survivor.said("assigned 4")
    await stage.tell_round(3)
    assert await victim.died() == -signal.SIGKILL
    await stage.until_told_is_past()
    return await stage.account()


@pytest.mark.parametrize("point", [fault_points.IN_TRANSACTION, fault_points.AFTER_COMMIT_BEFORE_ACK])
async def test_the_other_worker_takes_over_without_loss_and_without_doubling(
    stage: Stage, point: str
) -> None:
    account = await after_one_of_two_was_killed(stage, "stream", point)
    assert account.is_clean, account
    assert not account.set_aside


async def test_the_same_kill_loses_facts_that_were_acked_before_their_commit(stage: Stage) -> None:
    account = await after_one_of_two_was_killed(stage, "early_ack", fault_points.IN_TRANSACTION)
    assert account.lost, "this test could not have failed"


async def test_the_same_kill_doubles_facts_of_a_consumer_without_inbox(stage: Stage) -> None:
    point = fault_points.AFTER_COMMIT_BEFORE_ACK
    account = await after_one_of_two_was_killed(stage, "without_inbox", point)
    assert account.doubled, "this test could not have failed"
