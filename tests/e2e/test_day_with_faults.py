"""The story: a working day at the hub, on which the machine takes one process after the other away.
The breakage: `kill -9` of each service in turn; then the broker, which forgets everything it held.
What must still hold: what a client was told is kept is kept, once; every referral comes to rest; every
invariant holds. The clients' own notes are the measure.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import pytest

from tests.e2e.playing import PATIENCE_SECONDS, play
from tests.integration.chassis.waiting import until
from tools.demo.fresh import run_on_seconds
from tools.demo.ledger import Ledger
from tools.hub import Doors
from tools.stack.part import Part
from tools.stack.run_file import read_run
from tools.stack.stack import Stack

SERVICES: Final = ("intake", "referral", "notifications", "access")


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    one = Stack(tmp_path_factory.mktemp("hub"))
    await one.start()
    await run_on_seconds(one.postgres)
    yield one
    await one.stop()


async def needs_recorded(ledger: Ledger, number: int) -> None:
    """Waits until the clients have so many needs on their list."""
    await until(lambda: len(ledger.needs) >= number, within=PATIENCE_SECONDS)


async def kill(stack: Stack, part: str) -> None:
    """Kills the part's process and waits until the supervisor has it running again."""
    victim = stack.parts[part]
    assert victim.process is not None
    restarts = victim.restarts
    victim.process.kill()
    await until(lambda: victim.restarts > restarts and _serves(victim), within=PATIENCE_SECONDS)


def _serves(part: Part) -> bool:
    return part.record is not None and part.record.state == "SERVING"


async def test_a_day_survives_the_death_of_each_service(stack: Stack) -> None:
    async def each_dies(ledger: Ledger) -> None:
        for number, service in enumerate(SERVICES, 1):
            await needs_recorded(ledger, 12 * number)
            await kill(stack, service)

    outcome = await play(Doors.of(stack.layout), 60, seed=11, rate=8, meanwhile=each_dies)
    assert outcome.complaints == []
    assert [stack.parts[service].restarts for service in SERVICES] == [1] * len(SERVICES)


async def test_a_day_survives_a_broker_that_forgets_everything(stack: Stack) -> None:
    async def the_broker_dies(ledger: Ledger) -> None:
        await needs_recorded(ledger, 15)
        await kill(stack, "broker")
        await until(lambda: _is_refilled(stack), within=PATIENCE_SECONDS)

    outcome = await play(Doors.of(stack.layout), 50, seed=12, rate=8, meanwhile=the_broker_dies)
    assert outcome.complaints == []


def _is_refilled(stack: Stack) -> bool:
    run = read_run(stack.layout)
    return run is not None and run.replays > 0


async def test_a_day_on_which_all_of_it_dies_at_once_goes_on(stack: Stack) -> None:
    async def everything_dies(ledger: Ledger) -> None:
        await needs_recorded(ledger, 15)
        await asyncio.gather(*(kill(stack, part) for part in ("postgresql", *SERVICES)))

    outcome = await play(Doors.of(stack.layout), 40, seed=13, rate=8, meanwhile=everything_dies)
    assert outcome.complaints == []
