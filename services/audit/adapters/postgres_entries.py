"""Entries as they are looked for: by what they concern, in their order."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from chassis.postgres import Transaction

_CONDITIONS: Final = {
    "subject_id": "index in (select index from subject where subject_id = {})",
    "subject_ids": "index in (select index from subject where subject_id = any({}::uuid[]))",
    "agency_id": "agency_id = {}",
    "actor_id": "actor_id = {}",
    "kind": "kind = {}",
    "kinds": "kind = any({}::text[])",
    "from_time": "recorded_time >= {}",
    "until_time": "recorded_time < {}",
    "after_index": "index > {}",
}
_PAGE: Final = """
    select index, body, kind, leaf_hash from entry {where} order by index limit {limit}
"""
_HISTORY: Final = """
    select index, body, kind, leaf_hash from entry
    where index in (
        select index from subject where subject_id = $1
        union
        select index from subject join entry using (index)
        where subject_id = any($2::uuid[]) and ($3::text[] is null or kind = any($3))
    ) and index > $4
    order by index limit $5
"""
# in the ledger's order, and not sorted: nearly all that is kept may be asked for
_OF_KINDS: Final = """
    select body from entry
    where kind = any($1) and ($2::timestamptz is null or recorded_time >= $2) and recorded_time < $3
      and ($4::uuid is null or agency_id is null or agency_id = $4)
      and ($5::text[] is null or kind <> 'AccessRecorded' or body like any($5))
    order by index
"""
_POSITIONS: Final = "select source, position from source_mark"
_SIZE: Final = "select size from head"
_AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries; what is None is not asked for."""

    subject_id: UUID | None = None
    subject_ids: Sequence[UUID] | None = None
    agency_id: UUID | None = None
    actor_id: UUID | None = None
    kind: str | None = None
    kinds: Sequence[str] | None = None
    from_time: datetime | None = None
    until_time: datetime | None = None
    after_index: int | None = None


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """An entry as it is kept.

    Args:
        leaf_hash: what the tree has at its place.
    """

    index: int
    body: str
    kind: str
    leaf_hash: bytes


class PostgresEntries:
    """The table `entry`."""

    async def page(self, tx: Transaction, wanted: Wanted, limit: int) -> list[FoundEntry]:
        """The first of them, in their order."""
        given = {one.name: getattr(wanted, one.name) for one in fields(wanted)}
        asked = {name: value for name, value in given.items() if value is not None}
        conditions = [_CONDITIONS[name].format(f"${number}") for number, name in enumerate(asked, 1)]
        where = f"where {' and '.join(conditions)}" if conditions else ""
        statement = _PAGE.format(where=where, limit=int(limit))
        return [entry_from(row) for row in await tx.connection.fetch(statement, *asked.values())]

    async def history(
        self,
        tx: Transaction,
        subject_id: UUID,
        belonging: Sequence[UUID],
        only: Sequence[str] | None,
        after_index: int | None,
        limit: int,
    ) -> list[FoundEntry]:
        """The first that name the subject, or something that belongs to it; of the latter some kinds only."""
        after = -1 if after_index is None else after_index
        rows = await tx.connection.fetch(_HISTORY, subject_id, belonging, only, after, limit)
        return [entry_from(row) for row in rows]

    async def of_kinds(
        self,
        tx: Transaction,
        kinds: Sequence[str],
        from_time: datetime | None,
        until_time: datetime,
        *,
        agency_id: UUID | None = None,
        methods: Sequence[str] = (),
    ) -> AsyncIterator[list[str]]:
        """The bodies of all entries of these kinds, some thousands at a time, in their order.

        Args:
            agency_id: of those about an agency none but this one's.
            methods: of accesses none but those by these RPCs.
        """
        asked = [f'%/{method}"%' for method in methods] or None
        rows = await tx.connection.cursor(_OF_KINDS, kinds, from_time, until_time, agency_id, asked)
        while found := await rows.fetch(_AT_ONCE):
            yield [row["body"] for row in found]

    async def positions(self, tx: Transaction) -> dict[str, int]:
        """How far each source is entered."""
        return {row["source"]: int(row["position"]) for row in await tx.connection.fetch(_POSITIONS)}

    async def size(self, tx: Transaction) -> int:
        """How many entries there are."""
        return int(await tx.connection.fetchval(_SIZE))


def entry_from(row: asyncpg.Record) -> FoundEntry:
    """A row of `entry`."""
    return FoundEntry(int(row["index"]), row["body"], row["kind"], row["leaf_hash"])
