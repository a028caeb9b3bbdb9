"""What an operator does about dead letters: lets a worker take them again, or discards them with a reason."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import asyncpg
from rich.console import Console

from chassis.access_records import AccessRecord
from chassis.caller import Caller
from chassis.dead_letters import NotToSettle, ask_redrive, checked_reason, discard
from chassis.postgres import Database, Transaction
from kernel.errors import Invalid
from kernel.ids import derived_id
from kernel.vocabulary import Role
from tools.operate.letters import parts_of, read_letters, read_states
from tools.operate.progress import Bar
from tools.operate.running import Running
from tools.stack.failure import StackFailure

DISCARD: Final = "kem dead-letters discard"
"""The method by which a discard stands on record."""
_POLL_SECONDS: Final = 0.2

_SAYS: Final = {
    "REDRIVEN": "its event was taken.",
    "STILL_FAILS": "its event still cannot be taken, and stays set aside; ./kem logs says what fails.",
    "WAITING": "no worker has come by yet; one will take it as soon as its service runs.",
    "DISCARDED": "discarded.",
}
_OUTCOMES: Final = {"REDRIVEN": "REDRIVEN", "OPEN": "STILL_FAILS", "DISCARDED": "DISCARDED"}
"""What became of a letter that was asked for, by its state."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one letter.

    Args:
        outcome: REDRIVEN, STILL_FAILS (the letter stays open), WAITING (no worker has come by yet),
            DISCARDED, or REFUSED.
        says: the same for a person.
    """

    letter: str
    outcome: str
    says: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of all of them."""

    letters: Sequence[Settled]

    @property
    def is_done(self) -> bool:
        return all(one.outcome in ("REDRIVEN", "DISCARDED") for one in self.letters)

    def as_json(self) -> dict[str, Any]:
        return {"done": self.is_done, "dead_letters": [asdict(one) for one in self.letters]}

    def show(self, console: Console) -> None:
        for one in self.letters:
            console.print(f"{one.letter}: {one.says}", markup=False)
        if not self.letters:
            console.print("No event is set aside that could be taken again.")


async def all_to_redrive(running: Running) -> list[str]:
    """Every open letter that a worker could take again."""
    found = await read_letters(running.check_url)
    return [letter.name for letter in found.letters if letter.source is not None]


async def redrive_letters(running: Running, names: Iterable[str], patience_seconds: float) -> Settlement:
    """Puts events back on their way, each exactly once, and waits for the workers that take them.

    Repeat-safe. A letter whose event still cannot be taken stays open.

    Raises:
        StackFailure: a name names no letter, or the database does not answer.
    """
    settled: dict[str, Settled] = {}
    async with _Decisions(running) as decisions:
        for name in dict.fromkeys(names):
            try:
                async with decisions.on(name) as (tx, number):
                    is_waiting = await ask_redrive(tx.connection, number)
                settled[name] = _settled(name, "WAITING" if is_waiting else "REDRIVEN")
            except NotToSettle as error:
                settled[name] = Settled(name, "REFUSED", str(error))
    waiting = [name for name, one in settled.items() if one.outcome == "WAITING"]
    settled |= await _outcomes(running, waiting, patience_seconds)
    return Settlement(list(settled.values()))


async def discard_letters(running: Running, names: Iterable[str], reason: str) -> Settlement:
    """Closes letters for good, each with the reason and on record. Repeat-safe: the first reason stands.

    Raises:
        StackFailure: the reason is too short or too long, a name names no letter, or the database is away.
    """
    try:
        reason = checked_reason(reason)
    except Invalid as error:
        raise StackFailure(error.message, 2) from None
    settled = []
    async with _Decisions(running) as decisions:
        for name in dict.fromkeys(names):
            try:
                async with decisions.on(name) as (tx, number):
                    event_id = await discard(tx.connection, number, reason)
                    if event_id is not None:
                        tx.record_access(AccessRecord(parts_of(name)[0], DISCARD, [event_id]))
                before = "" if event_id else " Somebody had done so before, and that reason stands."
                settled.append(Settled(name, "DISCARDED", _SAYS["DISCARDED"] + before))
            except NotToSettle as error:
                settled.append(Settled(name, "REFUSED", str(error)))
    return Settlement(settled)


class _Decisions:
    """Decisions about letters, each in one transaction of its service, by whoever sits at this machine."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._databases: dict[str, Database] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for database in self._databases.values():
            await database.close()

    @asynccontextmanager
    async def on(self, name: str) -> AsyncIterator[tuple[Transaction, int]]:
        """The transaction for a decision about one letter, and the letter's number."""
        schema, number = parts_of(name)
        if schema not in self._databases:
            self._databases[schema] = await self._open(schema, name)
        async with self._databases[schema].transaction(_operator()) as tx:
            yield tx, number

    async def _open(self, schema: str, name: str) -> Database:
        try:
            return await Database.open(self._running.worker_url(schema), schema=schema, max_size=1)
        except FileNotFoundError:
            raise StackFailure(f"There is no service {schema!r} here, so no dead letter {name}.") from None
        except (OSError, asyncpg.PostgresError) as error:
            raise StackFailure(f"The database does not answer ({type(error).__name__}).", 3) from None


async def _outcomes(running: Running, names: Sequence[str], patience_seconds: float) -> dict[str, Settled]:
    """Waits until a worker has taken each, or has failed again."""
    found: dict[str, Settled] = {}
    deadline = time.monotonic() + patience_seconds
    with Bar("waiting for the workers") as bar:
        while len(found) < len(names):
            states = await read_states(running.check_url, [name for name in names if name not in found])
            found |= {
                name: _settled(name, _OUTCOMES[state]) for name, state in states.items() if state != "ASKED"
            }
            bar.show(len(found), len(names))
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(_POLL_SECONDS)
    return found


def _settled(name: str, outcome: str) -> Settled:
    return Settled(name, outcome, _SAYS[outcome])


def _operator() -> Caller:
    """Whoever sits at this machine: known by a random-looking id of their login's number, never by name."""
    return Caller(
        principal_id=derived_id("operator", str(os.getuid())),
        agency_id=None,
        roles=frozenset({Role.OPERATOR}),
        acting_person="",
        acr="machine",
        issuer="kem",
    )
