"""The cells of the matrix: each is one call that has one right answer."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

import grpc

from kernel.codes import Role
from kernel.ids import random_id
from tests.component.access.every_door import Case, EveryDoor
from tests.component.access.methods import METHOD_NAMES, request_of
from tests.component.access.rules import OK, Place, Row
from tests.component.access.table_of_cases import CASES
from tests.component.access.table_of_keeping import KEEPING
from tests.component.access.table_of_people import PEOPLE
from tests.component.access.things import STATES, Thing
from tests.component.intake.desk import Desk
from tests.support.refusals import Refusal, refusal_of
from tests.support.vault import KEM

TABLE: Final[dict[str, Row]] = CASES | PEOPLE | KEEPING
AT_ONCE: Final = 64
WAITING_AT_ONCE: Final = 512
"""Of the one method that waits two seconds before it refuses."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One method, by one role, for one agency, about a thing in one state."""

    method: str
    role: Role
    place: Place
    state: str

    @property
    def row(self) -> Row:
        return TABLE[self.method]

    @property
    def answer(self) -> str:
        return self.row.answer(self.role, self.place, self.state)

    @property
    def about_nothing(self) -> "Cell":
        """The same call, of a thing that there is not."""
        return replace(self, state="")

    @property
    def unknown(self) -> str:
        """What is told of such a thing."""
        return self.row.unknown(self.role, self.place)

    def __str__(self) -> str:
        return f"{self.method} {self.state} by {self.role} of {self.place}"


def cells() -> Iterator[Cell]:
    """All of them. A service speaks for itself and acts for no agency.

    A role that may not call is refused before anything is looked at (`chassis.access.decide` sees neither the
    request nor the agency), so for it one state of one's own stands for all.
    """
    for method, row in TABLE.items():
        for role in Role:
            places = (Place.NOWHERE,) if role is Role.SERVICE else tuple(Place)
            if role in row.roles:
                yield from (
                    Cell(method, role, place, state) for place in places for state in STATES[row.thing]
                )
            else:
                yield Cell(method, role, places[0], STATES[row.thing][0])


class Callers:
    """Calls as whoever a cell names."""

    def __init__(self, doors: EveryDoor, asker_id: UUID) -> None:
        self._doors, self._asker_id = doors, asker_id
        self._agencies = {
            Place.SENDER: KEM,
            Place.PROVIDER: doors.desk.agency_id,
            Place.STRANGER: random_id(),
            Place.NOWHERE: None,
        }
        self._limit, self._waiting = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(WAITING_AT_ONCE)
        self._tokens: dict[tuple[Role, Place], str] = {}

    async def call(self, cell: Cell, case: Case) -> Refusal | None:
        """The refusal, if it is one; the request is new each time."""
        request = request_of(case, self._doors.desk, cell.method)
        async with self._waiting if cell.method == "GetDisclosure" else self._limit:
            try:
                await self._doors.call(METHOD_NAMES[cell.method], self._token(cell), request)
            except grpc.aio.AioRpcError as error:
                return refusal_of(error)
        return None

    @property
    def desk(self) -> Desk:
        """Whose requests are made."""
        return self._doors.desk

    async def call_all(self, asked: Sequence[Cell], case: Case) -> list[Refusal | None]:
        """Many calls about one case."""
        return list(await asyncio.gather(*(self.call(cell, case) for cell in asked)))

    def _token(self, cell: Cell) -> str:
        key = (cell.role, cell.place)
        if key not in self._tokens:
            who = {} if cell.role is Role.SERVICE else {"agency_id": self._agencies[cell.place]}
            if cell.place is Place.PROVIDER:
                who["principal_id"] = self._asker_id
            self._tokens[key] = self._doors.token(cell.role, **who)
        return self._tokens[key]


def unknown_cells() -> Iterator[Cell]:
    """One for each who is told of no such thing: no state goes with it."""
    for cell in dict.fromkeys(one.about_nothing for one in cells()):
        if cell.role in cell.row.roles and cell.row.thing is not Thing.NOTHING and not cell.row.makes:
            yield cell


def said(refusal: Refusal | None) -> str:
    """As the tables say it; the code must be the one that goes with the reason."""
    if refusal is None:
        return OK
    if refusal.code is grpc.StatusCode.NOT_FOUND:
        fits = refusal.reason.endswith("_NOT_FOUND")
    elif refusal.code is grpc.StatusCode.PERMISSION_DENIED:
        fits = refusal.reason in _OF_THE_CALLER
    else:
        fits = not refusal.reason.endswith("_NOT_FOUND")
    return refusal.reason if fits else f"{refusal.reason} as {refusal.code}"


_OF_THE_CALLER: Final = frozenset(
    {
        *("NOT_PERMITTED", "NO_AGENCY", "HUB_OFFICER_ONLY", "AGENCY_NOT_YOURS", "NOT_YOUR_AGENCY"),
        *("NO_COMMITTEE", "CASEWORKER_NEEDED", "INBOX_OF_AGENCY"),
    }
)
"""What is told of whoever calls, and of nothing that there is or is not."""
