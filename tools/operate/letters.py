"""Dead letters of every service: read with the login that only reads, named `<schema>/<number>`."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg
from rich.console import Console
from rich.table import Table

from chassis.kept_letters import KeptLetter, LetterState, read_kept_letters
from chassis.plain_events import fact_of, plain_name
from tools.check.where import look_into, one_instant, schemas_with
from tools.operate.decoding import decode, in_one_line, plain_id, plain_source
from tools.stack.failure import StackFailure
from tools.trace.story import athens

_HEADINGS: Final = ("letter", "consumer", "event", "reason", "tries", "set aside", "state")
_NAME: Final = re.compile(r"([a-z]+)/([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class Letter:
    """One event that a consumer could not take.

    Args:
        state: OPEN, ASKED (a worker is to take it again), REDRIVEN or DISCARDED.
        settled_time: when it came to REDRIVEN or DISCARDED.
        redrive_failed_time: when a worker last tried it again in vain.
    """

    name: str
    state: str
    consumer: str
    reason: str
    tries: int
    topic: str
    partition: int
    offset: int
    source: str | None
    position: int | None
    event_id: str
    type: str
    key: str
    event_time: datetime | None
    dead_letter_time: datetime
    redrive_failed_time: datetime | None
    settled_time: datetime | None
    discard_reason: str | None
    bytes: int
    sha256: str
    envelope: dict[str, Any] | None

    @property
    def schema(self) -> str:
        return self.name.partition("/")[0]

    @property
    def is_open(self) -> bool:
        return self.state in ("OPEN", "ASKED")

    def as_json(self) -> dict[str, Any]:
        """Ids, codes, numbers, times; the rest is withheld, and bytes that are not ours are never shown."""
        return {name: getattr(self, name) for name in self.__slots__}

    def show(self, console: Console) -> None:
        console.print(f"[bold]Dead letter {self.name}[/]: {self.state}")
        table = Table(box=None, padding=(0, 1), show_header=False)
        for name, value in self.as_json().items():
            if name not in ("name", "state", "envelope") and value is not None:
                said = athens(value) if isinstance(value, datetime) else str(value)
                table.add_row(name.replace("_", " "), said)
        console.print(table)
        if self.envelope is None:
            console.print("Its bytes are not an event that this version can read.")
            return
        fact = fact_of(self.topic, self.envelope)
        says = f"{fact[0]} · {in_one_line(fact[1])}" if fact else "a fact that is newer than this version"
        console.print(f"It says: {says}")


@dataclass(frozen=True, slots=True)
class LetterList:
    """Letters, the oldest first."""

    letters: Sequence[Letter]

    def as_json(self) -> dict[str, Any]:
        return {"dead_letters": [letter.as_json() for letter in self.letters]}

    def show(self, console: Console) -> None:
        if not self.letters:
            console.print("No event is set aside.")
            return
        table = Table(*_HEADINGS, box=None, padding=(0, 1))
        for one in self.letters:
            tried = f", last tried {athens(one.redrive_failed_time)}" if one.redrive_failed_time else ""
            table.add_row(
                *(one.name, one.consumer, f"{one.topic} {one.type}", one.reason, str(one.tries)),
                *(athens(one.dead_letter_time), one.state + tried),
            )
        console.print(table)


async def read_letters(url: str, *, is_settled_shown: bool = False) -> LetterList:
    """The open letters of all services, or all that are kept.

    Raises:
        StackFailure: the database does not answer.
    """
    letters = []
    async with one_instant(url) as connection:
        for schema in await schemas_with(connection, "dead_letter"):
            await look_into(connection, schema)
            kept = await read_kept_letters(connection, is_settled_shown=is_settled_shown, with_payload=True)
            letters += [_letter(schema, one) for one in kept]
    return LetterList(sorted(letters, key=lambda one: (one.dead_letter_time, one.name)))


async def read_letter(url: str, name: str) -> Letter:
    """The letter of this name.

    Raises:
        StackFailure: it is no letter's name, there is none, or the database does not answer.
    """
    schema, number = parts_of(name)
    async with one_instant(url) as connection:
        found = await _named(connection, schema, [number], with_payload=True)
    if not found:
        raise StackFailure(f"There is no dead letter {name}; see ./kem dead-letters list --all.")
    return _letter(schema, found[0])


async def read_states(url: str, names: Iterable[str]) -> dict[str, LetterState]:
    """The states of these letters, by name."""
    numbers: dict[str, list[int]] = {}
    for name in names:
        schema, number = parts_of(name)
        numbers.setdefault(schema, []).append(number)
    async with one_instant(url) as connection:
        return {
            _name(schema, one): one.state
            for schema, wanted in numbers.items()
            for one in await _named(connection, schema, wanted)
        }


async def _named(
    connection: asyncpg.Connection, schema: str, numbers: Sequence[int], *, with_payload: bool = False
) -> list[KeptLetter]:
    if schema not in await schemas_with(connection, "dead_letter"):
        return []
    await look_into(connection, schema)
    return await read_kept_letters(
        connection, is_settled_shown=True, letter_ids=numbers, with_payload=with_payload
    )


def parts_of(name: str) -> tuple[str, int]:
    """Schema and number of a letter's name.

    Raises:
        StackFailure: it is not one.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise StackFailure(f"{name!r} names no dead letter; they look like referral/12.", 2)
    return found[1], int(found[2])


def _letter(schema: str, kept: KeptLetter) -> Letter:
    payload = kept.payload or b""
    is_ours = bool(kept.source)
    return Letter(
        name=_name(schema, kept),
        state=kept.state,
        consumer=kept.consumer,
        reason=kept.reason,
        tries=kept.tries,
        topic=kept.topic,
        partition=kept.partition,
        offset=kept.offset,
        source=plain_source(kept.source) or None,
        position=kept.position or None,
        event_id=str(kept.event_id),
        type=plain_name(kept.type) if kept.type else "",
        key=plain_id(bytes(kept.key)),
        event_time=kept.event_time if is_ours else None,
        dead_letter_time=kept.dead_letter_time,
        redrive_failed_time=kept.redrive_failed_time,
        settled_time=kept.settled_time,
        discard_reason=kept.discard_reason,
        bytes=kept.payload_bytes,
        sha256=hashlib.sha256(payload).hexdigest(),
        envelope=decode(kept.topic, payload) if is_ours else None,
    )


def _name(schema: str, kept: KeptLetter) -> str:
    return f"{schema}/{kept.letter_id}"
