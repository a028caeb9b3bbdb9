"""The story: a mistake in the code of a consumer makes its handler raise, once, in the middle of the day.
The breakage: the exception leaves the handler; somebody restarts the worker.
What must still hold: every fact that a client was told is kept has its effect once, each key in its order.
"""

import pytest

from tests.fault.facts import Trouble
from tests.fault.stage import Account, Stage


async def after_a_handler_raised(stage: Stage, way: str) -> Account:
    """The account of a day on which the fifth fact makes the handler raise once."""
    worker = await stage.start(way)
    await worker.said("ready")
    await stage.until_effect_of(await stage.tell_round())
    await stage.tell_round(2, {4: Trouble.STUMBLE})
    await worker.said("stumbled")
    await worker.end()
    await stage.start(way)
    await stage.until_told_is_past()
    return await stage.account()


@pytest.mark.parametrize("way", ["stream", "projection"])
async def test_a_handler_that_raises_loses_and_doubles_nothing(stage: Stage, way: str) -> None:
    account = await after_a_handler_raised(stage, way)
    assert account.is_clean, account
    assert not account.set_aside


@pytest.mark.parametrize("way", ["async_for", "take"])
async def test_the_same_day_with_a_plain_faust_agent_loses_facts(stage: Stage, way: str) -> None:
    account = await after_a_handler_raised(stage, way)
    assert account.lost, "this test could not have failed"
