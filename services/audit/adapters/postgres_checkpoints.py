"""Checkpoints and the nodes that prove what stands under them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from chassis.postgres import Transaction
from services.audit.adapters.postgres_entries import FoundEntry, entry_from
from services.audit.domain.tree import HASH_BYTES, KEPT_LEVEL, Edge, Place, root_of

_UNSIGNED: Final = """
    select head.size, head.edge, coalesce(last.size, 0) as signed_size, clock_timestamp() as now,
           (select recorded_time from entry where index = coalesce(last.size, 0)) as oldest_time
    from head left join lateral (select size from checkpoint order by size desc limit 1) last on true
"""
_PUT: Final = """
    insert into checkpoint (size, root, note, signed_time) values ($1, $2, $3, $4) on conflict do nothing
"""
_NEWEST: Final = "select * from checkpoint order by size desc limit 1"
_OF_SIZE: Final = "select * from checkpoint where size = $1"
_ENTRY_UNDER: Final = """
    select e.index, e.body, e.kind, e.leaf_hash, c.*, clock_timestamp() as now
    from entry e
    left join checkpoint c on c.size = coalesce($2, (select size from checkpoint order by size desc limit 1))
    where e.index = $1
"""
_PAGE: Final = "select * from checkpoint where size > $1 order by size limit $2"
_NODES: Final = """
    select level, number, hash from unnest($1::smallint[], $2::bigint[]) as wanted (level, number)
    join node using (level, number)
    union all
    select 0, index, leaf_hash from entry where index = any($3::bigint[])
"""
_KEYS: Final = "select verifier_key from signing_key order by begun_time desc"
_BEGIN_KEY: Final = "insert into signing_key (verifier_key) values ($1) on conflict do nothing returning true"
_LAST_GIVEN: Final = "select number, size, given_time from given_checkpoint order by number desc limit 1"
_GIVE: Final = """
    insert into given_checkpoint (number, size, given_time) values ($1, $2, $3)
    on conflict do nothing returning true
"""


@dataclass(frozen=True, slots=True)
class Unsigned:
    """What is under no checkpoint yet.

    Args:
        oldest_time: when the first such entry was entered; None where there is none.
    """

    edge: Edge
    signed_size: int
    oldest_time: datetime | None
    now: datetime


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint as it was given away."""

    size: int
    root: bytes
    note: str
    signed_time: datetime


@dataclass(frozen=True, slots=True)
class GivenCheckpoint:
    """Which checkpoint everybody was given, and when."""

    number: int
    size: int
    given_time: datetime


class PostgresCheckpoints:
    """The tables `checkpoint`, `given_checkpoint`, `signing_key` and `node`, and the leaves in `entry`."""

    async def unsigned(self, tx: Transaction) -> Unsigned:
        """What waits to be signed."""
        row = await tx.connection.fetchrow(_UNSIGNED)
        edge = row["edge"]
        hashes = [edge[at : at + HASH_BYTES] for at in range(0, len(edge), HASH_BYTES)]
        return Unsigned(
            Edge(int(row["size"]), hashes), int(row["signed_size"]), row["oldest_time"], row["now"]
        )

    async def put(self, tx: Transaction, one: SignedCheckpoint) -> None:
        """Keeps it; where another process was first, that one's stands."""
        await tx.connection.execute(_PUT, one.size, one.root, one.note, one.signed_time)

    async def newest(self, tx: Transaction) -> SignedCheckpoint | None:
        """The last that was signed."""
        row = await tx.connection.fetchrow(_NEWEST)
        return _checkpoint(row) if row else None

    async def of_size(self, tx: Transaction, size: int) -> SignedCheckpoint | None:
        """The one that stands for so many entries."""
        row = await tx.connection.fetchrow(_OF_SIZE, size)
        return _checkpoint(row) if row else None

    async def page(self, tx: Transaction, after_size: int, limit: int) -> list[SignedCheckpoint]:
        """The first of more entries than that, the smallest first."""
        return [_checkpoint(row) for row in await tx.connection.fetch(_PAGE, after_size, limit)]

    async def entry_under(
        self, tx: Transaction, index: int, size: int | None
    ) -> tuple[FoundEntry | None, SignedCheckpoint | None]:
        """An entry and the checkpoint of a size, or the newest, by one statement that reads the clock too."""
        row = await tx.connection.fetchrow(_ENTRY_UNDER, index, size)
        if row is None:
            return None, None
        tx.note_now(row["now"])
        return entry_from(row), _checkpoint(row) if row["size"] is not None else None

    async def nodes(self, tx: Transaction, places: Iterable[Place]) -> dict[Place, bytes]:
        """Hashes of full nodes, by one statement."""
        wanted = set(places)
        kept = [place for place in wanted if place.level >= KEPT_LEVEL]
        made = [place for place in wanted if place.level < KEPT_LEVEL]
        rows = await tx.connection.fetch(
            _NODES,
            [place.level for place in kept],
            [place.number for place in kept],
            sorted({leaf for place in made for leaf in place.leaves}),
        )
        found = {Place(row["level"], row["number"]): row["hash"] for row in rows}
        leaves = {place.number: hashed for place, hashed in found.items() if not place.level}
        return found | {place: root_of(leaves[leaf] for leaf in place.leaves) for place in made}

    async def last_given(self, tx: Transaction) -> GivenCheckpoint | None:
        """What everybody was given last."""
        row = await tx.connection.fetchrow(_LAST_GIVEN)
        return GivenCheckpoint(*row) if row else None

    async def give(self, tx: Transaction, number: int, size: int, given_time: datetime) -> bool:
        """Writes down that it is given; False where another process was first."""
        return bool(await tx.connection.fetchval(_GIVE, number, size, given_time))

    async def begin_key(self, tx: Transaction, verifier_key: str) -> bool:
        """Puts a key on the list of those that have signed; False where it is there."""
        return bool(await tx.connection.fetchval(_BEGIN_KEY, verifier_key))

    async def keys(self, tx: Transaction) -> list[str]:
        """Verifier keys, the newest first."""
        return [row["verifier_key"] for row in await tx.connection.fetch(_KEYS)]


def _checkpoint(row: asyncpg.Record) -> SignedCheckpoint:
    return SignedCheckpoint(int(row["size"]), row["root"], row["note"], row["signed_time"])
