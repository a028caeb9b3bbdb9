"""The story: a bad day; one worker after the other dies, each at another step and another batch.
The breakage: `kill -9` at places that a seed chooses, three times in a row; then one worker stays.
What must still hold: every fact that a client was told is kept has its effect once, each key in its order.
"""

import random
import signal
from typing import Final

import pytest

from chassis import fault_points
from tests.fault.stage import Stage

SEEDS: Final = range(1, 11)
KILLS: Final = 3
_POINTS: Final = (
    fault_points.BEFORE_TRANSACTION,
    fault_points.IN_TRANSACTION,
    fault_points.AFTER_COMMIT_BEFORE_ACK,
    fault_points.AFTER_ACK,
)


@pytest.mark.parametrize("seed", SEEDS)
async def test_workers_that_die_at_any_step_lose_and_double_nothing(stage: Stage, seed: int) -> None:
    dice = random.Random(seed)
    way = dice.choice(("stream", "projection"))
    for _ in range(KILLS):
        point = f"{dice.choice(_POINTS)}:{dice.randint(1, 4)}"
        victim = await stage.start(way, fault_point=point)
        while victim.process.returncode is None:
            batch = await stage.tell_round(dice.randint(1, 5))
            if not await stage.has_effect_or_died(batch, victim):
                break
        assert await victim.died() == -signal.SIGKILL
    await stage.start(way)
    await stage.until_told_is_past()
    account = await stage.account()
    assert account.is_clean, account
    assert not account.set_aside
