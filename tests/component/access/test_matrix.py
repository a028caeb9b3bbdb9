"""Every method × every role × for whom they act × every state of the thing that is named: one answer.

The methods come from the descriptors; what is answered stands in the tables beside this, written from the
rules and not from the code. Whatever is none of the caller's is told as if there were no such thing.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import asyncpg
import pytest

from tests.component.access.cells import TABLE, Callers, Cell, cells, said, unknown_cells
from tests.component.access.every_door import EveryDoor
from tests.component.access.methods import METHOD_NAMES
from tests.component.access.planting import Planter
from tests.component.access.rules import OK
from tests.component.access.stages import OfferEnds
from tests.component.access.table_of_keeping import PUBLIC
from tests.component.access.things import STATES, Thing
from tests.support.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Town:
    """One thing of each kind in each state, which nobody may change, and what everybody was told of it."""

    planter: Planter
    callers: Callers
    answers: dict[Cell, Refusal | None]


@pytest.fixture(scope="module")
async def town(doors: EveryDoor) -> AsyncIterator[Town]:
    connection = await asyncpg.connect(doors.intake.database.superuser_url)
    planter = Planter(doors, OfferEnds(connection))
    things = {}
    for thing, states in STATES.items():
        for state in states:
            [things[thing, state]] = await planter.plant(thing, state, 1)
    callers = Callers(doors, planter.asker_id)
    asked = [cell for cell in cells() if cell.answer != OK or not cell.row.changes]
    told = await asyncio.gather(*(callers.call(cell, things[cell.row.thing, cell.state]) for cell in asked))
    yield Town(planter, callers, dict(zip(asked, told, strict=True)))
    await connection.close()


def test_every_method_has_one_row() -> None:
    assert set(TABLE) | PUBLIC == set(METHOD_NAMES)
    assert not PUBLIC & set(TABLE)


async def test_whatever_is_refused_or_only_read_is_answered_as_the_tables_say(
    town: Town,
) -> None:
    assert len(town.answers) > 7000
    assert not wrong(town.answers)


async def test_what_is_none_of_the_callers_is_told_as_if_there_were_no_such_thing(
    town: Town, doors: EveryDoor
) -> None:
    """The same code, the same words, the same details, in every state of it."""
    asked = list(unknown_cells())
    nothing = doors.case.unknown()
    told = dict(zip(asked, await town.callers.call_all(asked, nothing), strict=True))
    assert [f"{cell}: {said(answer)}" for cell, answer in told.items() if said(answer) != cell.unknown] == []
    hidden = {
        cell: answer
        for cell, answer in town.answers.items()
        if cell.about_nothing in told and cell.answer == cell.unknown
    }
    assert len(hidden) > 3000
    assert [
        f"{cell}: {answer}, of nothing {told[cell.about_nothing]}"
        for cell, answer in hidden.items()
        if answer != told[cell.about_nothing]
    ] == []


@pytest.mark.parametrize("thing", Thing)
async def test_whatever_is_allowed_is_done_for_everybody_who_may(town: Town, thing: Thing) -> None:
    for state in STATES[thing]:
        allowed = [
            cell
            for cell in cells()
            if cell.row.thing is thing and cell.state == state and cell.answer == OK and cell.row.changes
        ]
        own = list(dict.fromkeys(_own_thing_of(cell) for cell in allowed))
        planted = dict(zip(own, await town.planter.plant(thing, state, len(own)), strict=True))
        told = await asyncio.gather(
            *(town.callers.call(cell, planted[_own_thing_of(cell)]) for cell in allowed)
        )
        assert not wrong(dict(zip(allowed, told, strict=True)))


def _own_thing_of(cell: Cell) -> str | Cell:
    return cell.method if cell.row.repeats else cell


def wrong(answers: Mapping[Cell, Refusal | None]) -> str:
    """The cells that were answered otherwise, a line each."""
    return "\n".join(
        f"{cell}: {said(answer)}, not {cell.answer}"
        for cell, answer in answers.items()
        if said(answer) != cell.answer
    )
