"""The story: ten working days, each with its own bad luck.
The breakage: at moments that a seed chooses, services, broker or database are killed or frozen for a while.
What must still hold: what a client was told is kept is kept, once; every referral comes to rest; every
invariant holds, after each day.
"""

import asyncio
import random
import signal
from collections.abc import AsyncIterator
from typing import Final

import pytest

from tests.e2e.playing import play
from tests.e2e.test_day_with_faults import SERVICES, kill, needs_recorded
from tools.demo.fresh import run_on_seconds
from tools.demo.ledger import Ledger
from tools.hub import Doors
from tools.stack.stack import Stack

SEEDS: Final = range(1, 11)
NEEDS: Final = 80
_PARTS: Final = (*SERVICES, "broker", "postgresql")


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    one = Stack(tmp_path_factory.mktemp("hub"))
    await one.start()
    await run_on_seconds(one.postgres)
    yield one
    await one.stop()


async def freeze(stack: Stack, part: str, seconds: float) -> None:
    """Stops the part's process for a while; nobody is told."""
    process = stack.parts[part].process
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    waking = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(seconds, waking.set_result, None)
    await waking
    process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_day_with_bad_luck_loses_and_doubles_nothing(stack: Stack, seed: int) -> None:
    dice = random.Random(seed)
    moments = sorted(dice.sample(range(5, NEEDS - 15), 3))

    async def bad_luck(ledger: Ledger) -> None:
        for moment in moments:
            await needs_recorded(ledger, moment)
            part = dice.choice(_PARTS)
            if dice.random() < 0.3:
                await freeze(stack, part, dice.uniform(1, 8))
            else:
                await kill(stack, part)

    outcome = await play(Doors.of(stack.layout), NEEDS, seed=100 + seed, rate=8, meanwhile=bad_luck)
    assert outcome.complaints == []
