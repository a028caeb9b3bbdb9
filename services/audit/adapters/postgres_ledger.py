"""The ledger in PostgreSQL: appended to under one lock, read by index, by what it concerns, and by node."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from chassis.events import IncomingEvent
from chassis.postgres import Transaction
from services.audit.domain.tree import HASH_BYTES, KEPT_LEVEL, Edge, Place

_LOCK: Final = "select size, edge, greatest(recorded_time, clock_timestamp()) as now from head for update"
_MARKS: Final = "select source, position from source_mark"
_WAITING: Final = """
    select * from early_event
    where source = $1 and position >= $2
      and exists (select from early_event where source = $1 and position = $2)
    order by position limit $3
"""
_STASH: Final = """
    insert into early_event (source, position, event_id, topic, type, event_time, payload)
    select * from unnest($1::text[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[],
                         $7::bytea[])
    on conflict do nothing
"""
_UNSTASH: Final = """
    delete from early_event e using unnest($1::text[], $2::bigint[]) as entered (source, position)
    where e.source = entered.source and e.position <= entered.position
"""
_SUBJECT: Final = ("subject_id", "index")
_NODE: Final = ("level", "number", "hash")
_MARK: Final = """
    with marked as (
        insert into source_mark (source, position) select * from unnest($1::text[], $2::bigint[])
        on conflict (source) do update set position = excluded.position
    )
    update head set size = $3, edge = $4, recorded_time = $5
"""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the ledger stands, for whoever appends: nobody else can until the commit."""

    edge: Edge
    marks: dict[str, int]
    now: datetime


class Row(NamedTuple):
    """An entry as it stands in its table, and behind that what it is found by."""

    entry_index: int
    source: str
    position: int
    event_id: UUID
    kind: str
    event_time: datetime
    recorded_time: datetime
    actor_id: str | None
    agency_id: str | None
    body: str
    leaf_hash: bytes
    subjects: Iterable[str]


_ENTRY: Final = ("index", *Row._fields[1:-1])


class PostgresLedger:
    """The tables `entry`, `subject`, `node`, `head`, `source_mark` and `early_event`."""

    async def lock(self, tx: Transaction) -> Head:
        """Where it stands; held until the commit."""
        head = await tx.connection.fetchrow(_LOCK)
        hashes = [head["edge"][at : at + HASH_BYTES] for at in range(0, len(head["edge"]), HASH_BYTES)]
        marks = {row["source"]: int(row["position"]) for row in await tx.connection.fetch(_MARKS)}
        return Head(Edge(int(head["size"]), hashes), marks, head["now"])

    async def waiting(self, tx: Transaction, source: str, position: int, limit: int) -> list[IncomingEvent]:
        """What has come before its turn, from a position on; nothing where that one has not come."""
        return [
            IncomingEvent(
                event_id=row["event_id"],
                topic=row["topic"],
                partition=0,
                offset=0,
                position=int(row["position"]),
                key=b"",
                type=row["type"],
                event_time=row["event_time"],
                traceparent=None,
                payload=row["payload"],
                source=source,
            )
            for row in await tx.connection.fetch(_WAITING, source, position, limit)
        ]

    async def stash(self, tx: Transaction, events: Sequence[IncomingEvent]) -> None:
        """Keeps what came before its turn."""
        if events:
            await tx.connection.execute(
                _STASH,
                [event.source for event in events],
                [event.position for event in events],
                [event.event_id for event in events],
                [event.topic for event in events],
                [event.type for event in events],
                [event.event_time for event in events],
                [event.payload for event in events],
            )

    async def enter(
        self, tx: Transaction, head: Head, rows: Sequence[Row], nodes: Iterable[tuple[Place, bytes]]
    ) -> None:
        """Writes entries with the nodes that became full by them, as far as they are kept.

        Args:
            head: where the ledger stands now.
        """
        copy = tx.connection.copy_records_to_table
        await copy("entry", columns=_ENTRY, records=[row[:-1] for row in rows])
        concerns = [(one, row.entry_index) for row in rows for one in row.subjects]
        await copy("subject", columns=_SUBJECT, records=concerns)
        await copy(
            "node",
            columns=_NODE,
            records=[(*place, hashed) for place, hashed in nodes if place.level >= KEPT_LEVEL],
        )
        await tx.connection.execute(
            _MARK,
            list(head.marks),
            list(head.marks.values()),
            head.edge.size,
            b"".join(head.edge.hashes),
            head.now,
        )
        await tx.connection.execute(_UNSTASH, list(head.marks), list(head.marks.values()))
