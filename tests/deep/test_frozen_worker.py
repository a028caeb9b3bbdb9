"""The story: the machine freezes a worker in the middle of its transaction, and wakes it much later.
The breakage: SIGSTOP for longer than the broker and the database wait; another worker takes over; SIGCONT.
What must still hold: the frozen one's locks are released, and nothing is lost or doubled when it wakes.
"""

import signal

from chassis.postgres import TRANSACTION_MILLISECONDS
from tests.fault.facts import HOLD, Trouble
from tests.fault.stage import Stage
from tests.integration.chassis.waiting import until


async def test_a_worker_that_was_frozen_in_its_transaction_does_no_harm_when_it_wakes(stage: Stage) -> None:
    frozen = await stage.start("stream")
    await frozen.said("ready")
    await stage.until_effect_of(await stage.tell_round())
    async with stage.database.pool.acquire() as connection:
        await connection.execute("select pg_advisory_lock($1)", HOLD)
        held = await stage.tell_round(2, {2: Trouble.HELD})
        await frozen.said("held")
        frozen.process.send_signal(signal.SIGSTOP)
        await connection.execute("select pg_advisory_unlock($1)", HOLD)
    successor = await stage.start("stream")
    await successor.said("ready")
    await until(lambda: stage.has_effect_of(held), within=TRANSACTION_MILLISECONDS / 1000 * 2)
    frozen.process.send_signal(signal.SIGCONT)
    await stage.until_told_is_past()
    await successor.end()
    await stage.until_told_is_past()
    account = await stage.account()
    assert account.is_clean, account
    assert not account.set_aside
