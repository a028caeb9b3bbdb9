"""The story: somebody of another agency tries ids, and measures how long each refusal takes.
The breakage: what is there is looked up, locked or decrypted before it is refused, and so takes longer.
What must still hold: what is not theirs is refused after the same time as what there is not.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator
from typing import Final

import asyncpg
import pytest

from tests.component.access.cells import Callers, Cell, cells, unknown_cells
from tests.component.access.conftest import doors  # noqa: F401  a fixture
from tests.component.access.every_door import Case, EveryDoor
from tests.component.access.methods import request_of
from tests.component.access.planting import Planter
from tests.component.access.rules import NO_AGENCY, Place
from tests.component.access.stages import OfferEnds
from tests.component.access.things import STATES, Thing

CALLS: Final = 40
MOST: Final = 1.4
"""Between the medians of both. Of 56 methods on a busy machine p50 was 1.05, and 1.27 the largest."""


@pytest.fixture(scope="module")
async def planted(
    doors: EveryDoor,  # noqa: F811  the fixture
) -> AsyncIterator[tuple[Callers, dict[tuple[Thing, str], Case]]]:
    connection = await asyncpg.connect(doors.intake.database.superuser_url)
    planter = Planter(doors, OfferEnds(connection))
    things = {}
    for thing, states in STATES.items():
        for state in states:
            [things[thing, state]] = await planter.plant(thing, state, 1)
    yield Callers(doors, planter.asker_id), things
    await connection.close()


def say(line: str) -> None:
    """Figures, for whoever runs it with -s."""
    sys.stdout.write(line + "\n")


def strangers_cells() -> list[Cell]:
    """Each method once: by the first role that may call, about a thing in its first state."""
    of_strangers = {cell.about_nothing for cell in unknown_cells() if cell.place is Place.STRANGER}
    found: dict[str, Cell] = {}
    for cell in cells():
        is_told_nothing = cell.answer == cell.unknown != NO_AGENCY
        if cell.about_nothing in of_strangers and is_told_nothing and cell.method != "GetDisclosure":
            found.setdefault(cell.method, cell)
    return list(found.values())


async def test_a_refusal_takes_as_long_whether_there_is_such_a_thing_or_not(
    planted: tuple[Callers, dict[tuple[Thing, str], Case]],
) -> None:
    callers, things = planted
    found = strangers_cells()
    assert len(found) > 40
    told = []
    for cell in found:
        case = things[cell.row.thing, cell.state]
        known, unknown = await _medians(callers, cell, case)
        told.append((max(known, unknown) / min(known, unknown), cell.method, known, unknown))
    told.sort(reverse=True)
    ratios = [ratio for ratio, *_ in told]
    for ratio, method, known, unknown in told:
        say(f"{method:28} {known * 1000:6.2f} ms, of nothing {unknown * 1000:6.2f} ms, {ratio:.2f}")
    say(f"{len(told)} methods, {CALLS} calls each way: p50 {statistics.median(ratios):.2f}")
    assert [(method, round(ratio, 2)) for ratio, method, *_ in told if ratio > MOST] == []


async def _medians(callers: Callers, cell: Cell, case: Case) -> tuple[float, float]:
    """Seconds of a call about the case, and about nothing; in turns, so that load falls on both alike."""
    known: list[float] = []
    unknown: list[float] = []
    nothing = [case.unknown() for _ in range(CALLS)]
    for one in (case, *nothing):  # a request is made up beforehand: only the answer is measured
        request_of(one, callers.desk, cell.method)
    for number in range(CALLS):
        for times, one in ((known, case), (unknown, nothing[number])):
            began = time.perf_counter()
            await callers.call(cell, one)
            times.append(time.perf_counter() - began)
    return statistics.median(known), statistics.median(unknown)


async def test_what_waits_for_an_acceptance_waits_as_long_for_one_that_cannot_come(
    planted: tuple[Callers, dict[tuple[Thing, str], Case]],
) -> None:
    callers, things = planted
    cell = next(
        one
        for one in cells()
        if one.method == "GetDisclosure" and one.place is Place.STRANGER and one.state == "ACCEPTED"
    )
    case = things[Thing.CASE, "ACCEPTED"]

    async def seconds(one: Case) -> float:
        began = time.perf_counter()
        await callers.call(cell, one)
        return time.perf_counter() - began

    known = await asyncio.gather(*(seconds(case) for _ in range(10)))
    unknown = await asyncio.gather(*(seconds(case.unknown()) for _ in range(10)))
    say(f"GetDisclosure {statistics.median(known):.2f} s, of nothing {statistics.median(unknown):.2f} s")
    assert abs(statistics.median(known) - statistics.median(unknown)) < 0.2
