"""The story: the machine kills a worker in the middle of a batch (out of memory); another one starts.
The breakage: `kill -9` before the transaction, in it, between commit and ack, and after the ack.
What must still hold: every fact that a client was told is kept has its effect once, each key in its order.
"""

import signal
from typing import Final

import pytest

from chassis import fault_points
from tests.fault.stage import Account, Stage

_POINTS: Final = (
    fault_points.BEFORE_TRANSACTION,
    fault_points.IN_TRANSACTION,
    fault_points.AFTER_COMMIT_BEFORE_ACK,
    fault_points.AFTER_ACK,
)


async def after_a_worker_was_killed(stage: Stage, way: str, point: str) -> Account:
    """The account of a day on which the worker dies at its second batch."""
    victim = await stage.start(way, fault_point=f"{point}:2")
    await victim.said("ready")
    await stage.until_effect_of(await stage.tell_one())
    await stage.tell_round(3)
    assert await victim.died() == -signal.SIGKILL
    await stage.start(way)
    await stage.until_told_is_past()
    return await stage.account()


@pytest.mark.parametrize("point", _POINTS)
@pytest.mark.parametrize("way", ["stream", "projection"])
async def test_a_killed_worker_loses_and_doubles_nothing(stage: Stage, way: str, point: str) -> None:
    account = await after_a_worker_was_killed(stage, way, point)
    assert account.is_clean, account
    assert not account.set_aside


@pytest.mark.parametrize(
    ("way", "point"),
    [("early_ack", fault_points.BEFORE_TRANSACTION), ("auto_commit", fault_points.IN_TRANSACTION)],
)
async def test_the_same_kill_loses_facts_that_were_acked_before_their_commit(
    stage: Stage, way: str, point: str
) -> None:
    account = await after_a_worker_was_killed(stage, way, point)
    assert account.lost, "this test could not have failed"


@pytest.mark.parametrize("point", [fault_points.AFTER_COMMIT_BEFORE_ACK, fault_points.AFTER_ACK])
async def test_the_same_kill_doubles_facts_of_a_consumer_without_inbox(stage: Stage, point: str) -> None:
    account = await after_a_worker_was_killed(stage, "without_inbox", point)
    assert account.doubled, "this test could not have failed"
