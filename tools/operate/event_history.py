"""`./kem events show`: one event, from its log to every consumer of its topic."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
from rich.console import Console
from rich.table import Table

from chassis.plain_events import fact_of
from chassis.publisher import LoggedEvent, headers_of
from tools.check.where import one_instant
from tools.operate.decoding import decode, in_one_line
from tools.stack.failure import StackFailure
from tools.trace.story import athens

_SCHEMAS: Final = "select schemaname from pg_tables where tablename = 'event_log' order by schemaname"
_LOGGED: Final = """
    select position, event_id, topic, partition, key, aggregate_id, type, event_time, payload,
           traceparent, tracestate, position <= (select position from {0}.publication) as is_published
    from {0}.event_log where event_id = $1
"""
_WAITING: Final = "select topic, type, event_time, payload from {0}.outbox where event_id = $1"
_READERS: Final = """
    select reached.consumer, seen.event_id is not null as is_seen,
           seen.seen_time, letter.id as letter_id, letter.reason, letter.dead_letter_time,
           letter.redriven_time, letter.discarded_time
    from {0}.consumer_progress as reached
    left join {0}.inbox as seen on seen.consumer = reached.consumer and seen.event_id = $1
    left join {0}.dead_letter as letter on letter.consumer = reached.consumer and letter.event_id = $1
    where reached.source = $2 and reached.topic = $3 and reached.partition = $4
    order by reached.consumer
"""


@dataclass(frozen=True, slots=True)
class Reader:
    """One consumer of the topic and what it did with the event.

    Args:
        state: WAITING, TAKEN, SET_ASIDE, REDRIVEN or DISCARDED.
        time: when it came to that; None for WAITING, and where it was taken before times were kept.
        dead_letter: where it was set aside, the letter as `./kem dead-letters` names it, and the reason.
    """

    consumer: str
    state: str
    time: datetime | None
    dead_letter: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class EventHistory:
    """An event as it was told; in state WAITING it has no position and no headers yet.

    Args:
        state: WAITING (in the outbox), LOGGED or PUBLISHED.
    """

    source: str
    topic: str
    type: str
    event_time: datetime
    state: str
    envelope: dict[str, Any] | None
    position: int | None
    partition: int | None
    headers: Mapping[str, str]
    readers: Sequence[Reader]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def show(self, console: Console) -> None:
        place = (
            f"position {self.position} of {self.source}" if self.position else f"in {self.source}'s outbox"
        )
        console.print(f"[bold]{self.topic} {self.type}[/], {place}: {self.state}")
        console.print(f"[cyan]{athens(self.event_time)}[/]")
        for title, values in (("envelope", self._envelope()), ("headers", self.headers)):
            if values:
                table = Table(title, "", box=None, padding=(0, 1))
                for name, value in values.items():
                    table.add_row(name, str(value))
                console.print(table)
        table = Table("consumer", "what it did", "when", "", box=None, padding=(0, 1))
        for reader in self.readers:
            when = athens(reader.time) if reader.time else ""
            why = f"{reader.reason}: {reader.dead_letter}" if reader.dead_letter else ""
            table.add_row(reader.consumer, reader.state, when, why)
        console.print(table if self.readers else "Nobody follows this topic.")

    def _envelope(self) -> dict[str, Any]:
        fact = fact_of(self.topic, self.envelope)
        flat = {
            name: in_one_line(value) if isinstance(value, dict) else value
            for name, value in (self.envelope or {}).items()
            if fact is None or value is not fact[1]
        }
        return flat | (fact[1] if fact else {})


async def read_event(url: str, event_id: str) -> EventHistory:
    """The event with this id, wherever it stands.

    Raises:
        StackFailure: there is none, or the database does not answer.
    """
    try:
        wanted = UUID(event_id)
    except ValueError:
        raise StackFailure(
            f"{event_id} is no event id; it looks like 01a2136c-64b3-7a56-a3fa-e858b59aeeff.", 2
        ) from None
    async with one_instant(url) as connection:
        schemas = [row[0] for row in await connection.fetch(_SCHEMAS)]
        for source in schemas:
            if row := await connection.fetchrow(_LOGGED.format(source), wanted):
                return await _logged(connection, schemas, source, dict(row))
            if row := await connection.fetchrow(_WAITING.format(source), wanted):
                topic = row["topic"]
                envelope = decode(topic, row["payload"])
                return EventHistory(
                    source, topic, row["type"], row["event_time"], "WAITING", envelope, None, None, {}, []
                )
    raise StackFailure(f"No event here has the id {wanted}.")


async def _logged(
    connection: asyncpg.Connection, schemas: Sequence[str], source: str, row: dict[str, Any]
) -> EventHistory:
    is_published = row.pop("is_published")
    event = LoggedEvent(**row)
    readers: list[Reader] = []
    for schema in schemas:
        found = await connection.fetch(
            _READERS.format(schema), event.event_id, source, event.topic, event.partition
        )
        readers += [_reader(schema, one) for one in found]
    return EventHistory(
        source=source,
        topic=event.topic,
        type=event.type,
        event_time=event.event_time,
        state="PUBLISHED" if is_published else "LOGGED",
        envelope=decode(event.topic, event.payload),
        position=event.position,
        partition=event.partition,
        headers={name: value.decode() for name, value in headers_of(event, source)},
        readers=readers,
    )


def _reader(schema: str, row: asyncpg.Record) -> Reader:
    letter = f"{schema}/{row['letter_id']}" if row["letter_id"] is not None else None
    if row["discarded_time"]:
        return Reader(row["consumer"], "DISCARDED", row["discarded_time"], letter, row["reason"])
    if row["redriven_time"]:
        return Reader(row["consumer"], "REDRIVEN", row["redriven_time"], letter, row["reason"])
    if letter:
        return Reader(row["consumer"], "SET_ASIDE", row["dead_letter_time"], letter, row["reason"])
    return Reader(row["consumer"], "TAKEN" if row["is_seen"] else "WAITING", row["seen_time"])
