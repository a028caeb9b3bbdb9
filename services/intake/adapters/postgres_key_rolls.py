"""Rolls of the vault's keys in PostgreSQL: how far one is, and the keys that it has yet to wrap anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from services.intake.adapters.keys import WrappedKey

AT_ONCE: Final = 200
"""Keys in one commit: a few milliseconds in which an erasure of the same people waits."""
_SETTLE_LOCK: Final = 0x4B454D_726F6C6C
"""As in migration 0180."""
_COLUMNS: Final = "to_epoch, asked_time, keys, rewrapped, settled_time, destroyed_time"

_ASK: Final = f"""
    insert into key_roll (to_epoch, asked_by_principal_id, asked_time)
    values ($1, $2, $3) on conflict do nothing returning {_COLUMNS}
"""  # noqa: S608  a constant
_LATEST: Final = f"select {_COLUMNS} from key_roll order by to_epoch desc limit 1"  # noqa: S608  a constant
_TAKE: Final = f"""
    select {_COLUMNS} from key_roll where destroyed_time is null for no key update skip locked
"""  # noqa: S608  a constant
_BEGIN: Final = """
    update key_roll set keys = (select count(*) from data_key where epoch < to_epoch) where to_epoch = $1
"""
_BATCH: Final = """
    select beneficiary_id, key_class, epoch, key_id, wrapped from data_key
    where epoch < $1 and (beneficiary_id, key_class) > (
        (select after_beneficiary_id from key_roll where to_epoch = $1),
        (select after_key_class from key_roll where to_epoch = $1)
    )
    order by beneficiary_id, key_class, epoch limit $2
    for update skip locked
"""
_REPLACE: Final = """
    update data_key set epoch = $1, wrapped = fresh.wrapped
    from unnest($2::uuid[], $3::text[], $4::int[], $5::bytea[])
        as fresh (beneficiary_id, key_class, epoch, wrapped)
    where (data_key.beneficiary_id, data_key.key_class, data_key.epoch)
        = (fresh.beneficiary_id, fresh.key_class, fresh.epoch)
"""
_ADVANCE: Final = """
    update key_roll set rewrapped = rewrapped + $2, after_beneficiary_id = $3, after_key_class = $4,
        settled_time = case when settled_time is not null and $2 > 0 then clock_timestamp()
            else settled_time end
    where to_epoch = $1
"""
_FROM_THE_START: Final = """
    update key_roll set after_beneficiary_id = default, after_key_class = default where to_epoch = $1
"""
_LEFT: Final = "select exists (select from data_key where epoch < $1)"
_SETTLE: Final = "update key_roll set settled_time = clock_timestamp() where to_epoch = $1"
_FINISH: Final = "update key_roll set destroyed_time = clock_timestamp() where to_epoch = $1"
_WAITING: Final = """
    select count(distinct beneficiary_id) as people, min(gone_time) as since_time
    from (
        select beneficiary_id, erased_time as gone_time from beneficiary where erased_time is not null
        union all
        select beneficiary_id, destroyed_time from destroyed_key
    ) as gone
    where gone_time > coalesce(
        (select max(asked_time) from key_roll where destroyed_time is not null), '-infinity'
    )
"""


@dataclass(frozen=True, slots=True)
class KeyRoll:
    """One roll. `keys`: how many it found to wrap anew; None before it has begun."""

    to_epoch: int
    asked_time: datetime
    keys: int | None
    rewrapped: int
    settled_time: datetime | None
    destroyed_time: datetime | None


@dataclass(frozen=True, slots=True)
class OldKey:
    """A person's key that is still wrapped in an older epoch."""

    beneficiary_id: UUID
    key_class: str
    key_id: UUID
    wrapped: WrappedKey


@dataclass(frozen=True, slots=True)
class WaitingErasures:
    """People whose older backups can still be opened, and since when the first of them waits."""

    people: int
    since_time: datetime | None


class PostgresKeyRolls:
    """Statements over `key_roll`; at most one roll is under way."""

    async def ask(self, tx: Transaction, to_epoch: int) -> KeyRoll:
        """A new roll; the one that is under way where there is one."""
        row = await tx.connection.fetchrow(_ASK, to_epoch, tx.caller.principal_id, await tx.now())
        if row is not None:
            return KeyRoll(**row)
        latest = await self.latest(tx)
        assert latest is not None  # noqa: S101  it is what the new one collided with
        return latest

    async def latest(self, tx: Transaction) -> KeyRoll | None:
        """The last roll; None where there never was one."""
        row = await tx.connection.fetchrow(_LATEST)
        return None if row is None else KeyRoll(**row)

    async def take(self, tx: Transaction) -> KeyRoll | None:
        """The roll that is under way, held until the commit; None where somebody else holds it."""
        row = await tx.connection.fetchrow(_TAKE)
        return None if row is None else KeyRoll(**row)

    async def begin(self, tx: Transaction, to_epoch: int) -> None:
        """Counts what there is to do."""
        await tx.connection.execute(_BEGIN, to_epoch)

    async def batch(self, tx: Transaction, to_epoch: int) -> list[OldKey]:
        """The next keys in older epochs, held until the commit; those that somebody else holds come later."""
        rows = await tx.connection.fetch(_BATCH, to_epoch, AT_ONCE)
        return [
            OldKey(
                row["beneficiary_id"],
                row["key_class"],
                row["key_id"],
                WrappedKey(row["epoch"], row["wrapped"]),
            )
            for row in rows
        ]

    async def replace(
        self, tx: Transaction, to_epoch: int, fresh: Sequence[tuple[OldKey, WrappedKey]], last: OldKey
    ) -> None:
        """Keeps the same keys as they are wrapped now; `last` is the last key of the batch."""
        await tx.connection.execute(
            _REPLACE,
            to_epoch,
            [old.beneficiary_id for old, _ in fresh],
            [old.key_class for old, _ in fresh],
            [old.wrapped.epoch for old, _ in fresh],
            [wrapped.wrapped for _, wrapped in fresh],
        )
        await tx.connection.execute(_ADVANCE, to_epoch, len(fresh), last.beneficiary_id, last.key_class)

    async def begin_again(self, tx: Transaction, to_epoch: int) -> bool:
        """Whether keys are left in older epochs; they are then taken from the first person on again."""
        left: bool = await tx.connection.fetchval(_LEFT, to_epoch)
        if left:
            await tx.connection.execute(_FROM_THE_START, to_epoch)
        return left

    async def settle(self, tx: Transaction, to_epoch: int) -> None:
        """From the commit on nobody adds a key in an older epoch; waits for those who are about to."""
        await tx.connection.execute("select pg_advisory_xact_lock($1)", _SETTLE_LOCK)
        await tx.connection.execute(_SETTLE, to_epoch)

    async def finish(self, tx: Transaction, to_epoch: int) -> None:
        """The older epochs are gone."""
        await tx.connection.execute(_FINISH, to_epoch)

    async def waiting_erasures(self, tx: Transaction) -> WaitingErasures:
        """Whose erasure, or destruction by retention, is final at the next roll only."""
        row = await tx.connection.fetchrow(_WAITING)
        return WaitingErasures(**row)
