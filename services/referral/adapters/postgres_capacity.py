"""Places, taken and given back: one statement for a whole batch, units always locked in the same order."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from chassis.postgres import Transaction
from chassis.together import Writing
from kernel.ids import AgencyId, ServiceId, UnitId
from services.referral.domain.capacity import (
    OBSERVED_AFTER_DECLINES,
    OBSERVED_WITHIN,
    DeclaredCapacity,
    UnitPlaces,
)

# `unit_id` may stand several times in $1: once for each place
_LOCKED: Final = """
    with wanted as (
        select unit_id, count(*)::integer as number from unnest($1::uuid[]) as w (unit_id) group by unit_id
    ), locked as materialized (
        select unit_id, number from capacity join wanted using (unit_id)
        order by unit_id
        for no key update of capacity
    )
"""
_LOCK_UNITS: Final = """
    select from capacity where unit_id = any($1::uuid[]) order by unit_id for no key update
"""
_RESERVE: Final = f"""{_LOCKED}
    update capacity c set reserved = c.reserved + least(number, coalesce(c.free, number))
    from locked
    where c.unit_id = locked.unit_id and (c.free > 0 or c.kind = 'UNLIMITED')
        and not c.is_suspended and c.until_time > clock_timestamp()
    returning c.unit_id, new.reserved - old.reserved as granted
"""  # noqa: S608  constants only
_RESERVE_AT_ONCE: Final = _RESERVE.replace(
    "for no key update of capacity", "for no key update of capacity skip locked"
)
_ACCEPT: Final = f"""{_LOCKED}
    update capacity c set reserved = c.reserved - number, occupied = c.occupied + number
    from locked where c.unit_id = locked.unit_id
"""  # noqa: S608  constants only
_RELEASE_RESERVED: Final = f"""{_LOCKED}
    update capacity c set reserved = c.reserved - number from locked where c.unit_id = locked.unit_id
"""  # noqa: S608  constants only
_RELEASE_OCCUPIED: Final = f"""{_LOCKED}
    update capacity c set occupied = c.occupied - number from locked where c.unit_id = locked.unit_id
"""  # noqa: S608  constants only
_READ: Final = """
    select c.unit_id, c.service_id, c.agency_id, c.activity_id, c.kind, c.places, c.free, c.reserved,
        c.occupied, c.declared_time, c.start_time, c.questioned_time is not null as is_questioned, c.version,
        c.is_suspended, c.until_time > clock_timestamp() as is_current
    from capacity c where c.unit_id = any($1::uuid[])
"""
_DECLARE: Final = """
    update capacity c set kind = d.kind, places = d.places, observed_places = null, questioned_time = null,
        declared_time = $4, version = version + 1
    from unnest($1::uuid[], $2::text[], $3::integer[]) as d (unit_id, kind, places)
    where c.unit_id = d.unit_id
"""
_SUSPEND: Final = """
    with locked as materialized (
        select unit_id from capacity where service_id = $1 order by unit_id for no key update
    )
    update capacity c set is_suspended = $2 from locked where c.unit_id = locked.unit_id
    returning c.unit_id, c.reserved
"""
_OBSERVE: Final = """
    with declined as (
        insert into no_capacity_decline (unit_id, declined_time) values ($1, $2)
    )
    select count(*)::integer from no_capacity_decline d join capacity c using (unit_id)
    where d.unit_id = $1 and d.declined_time > greatest($2 - $3::interval, c.declared_time)
"""
_QUESTION: Final = """
    update capacity set observed_places = reserved + occupied,
        questioned_time = coalesce(questioned_time, $2),
        version = version + (questioned_time is null)::integer
    where unit_id = $1 and free > 0
    returning case when old.questioned_time is null then new.version end
"""


@dataclass(frozen=True, slots=True)
class CapacityRow:
    """A unit with whose it is; `version` counts what is told of its capacity."""

    service_id: ServiceId
    agency_id: AgencyId
    places: UnitPlaces
    reserved: int
    occupied: int
    is_suspended: bool
    is_current: bool
    version: int


class PostgresCapacity:
    """The counters of capacity. Lock order: capacity rows after offers, before recipients and the outbox."""

    async def lock_units(self, tx: Transaction, unit_ids: Iterable[UnitId]) -> None:
        """Locks units in the order in which everybody locks them.

        Call it before anything else touches capacity, where one statement does not touch all of it.
        """
        await tx.connection.execute(_LOCK_UNITS, list(set(unit_ids)))

    async def reserve(
        self, tx: Transaction, unit_ids: Sequence[UnitId], *, waiting: bool = True
    ) -> dict[UnitId, int]:
        """Takes one place for each time that a unit is named, as far as they go.

        Args:
            waiting: False passes over units that another transaction holds. Whoever holds units already must
                not wait for further ones: two that did would wait for each other.

        Returns how many were granted per unit; a unit that grants none is left out. Never more than are free,
        however many try at once: the condition is part of the update, which looks again after waiting.
        """
        rows = await tx.connection.fetch(_RESERVE if waiting else _RESERVE_AT_ONCE, list(unit_ids))
        return {UnitId(row["unit_id"]): row["granted"] for row in rows}

    async def accept(self, tx: Writing, unit_ids: Sequence[UnitId]) -> None:
        """Turns reserved places into occupied ones, one for each time that a unit is named."""
        await tx.connection.execute(_ACCEPT, list(unit_ids))

    async def release_reserved(self, tx: Writing, unit_ids: Sequence[UnitId]) -> None:
        """Gives reserved places back; the caller wakes who waits for them."""
        await tx.connection.execute(_RELEASE_RESERVED, list(unit_ids))

    async def release_occupied(self, tx: Writing, unit_ids: Sequence[UnitId]) -> None:
        """Gives occupied places back; the caller wakes who waits for them."""
        await tx.connection.execute(_RELEASE_OCCUPIED, list(unit_ids))

    async def read(self, tx: Transaction, unit_id: UnitId) -> CapacityRow | None:
        """The unit as it stands, without a lock."""
        return (await self._read(tx, _READ, [unit_id])).get(unit_id)

    async def lock(self, tx: Transaction, unit_id: UnitId) -> CapacityRow | None:
        """The unit as it stands, locked until the transaction ends."""
        return (await self.lock_all(tx, [unit_id])).get(unit_id)

    async def lock_all(self, tx: Transaction, unit_ids: Collection[UnitId]) -> dict[UnitId, CapacityRow]:
        """Those units that there are, locked in the order in which everybody locks them."""
        return await self._read(tx, _READ + " order by c.unit_id for no key update", unit_ids)

    async def declare(
        self, tx: Transaction, declared: Mapping[UnitId, DeclaredCapacity], now: datetime
    ) -> None:
        """Writes what the agency says now; it ends any doubt about what it said before."""
        capacities = declared.values()
        await tx.connection.execute(
            _DECLARE,
            list(declared),
            [one.kind.value for one in capacities],
            [one.places for one in capacities],
            now,
        )

    async def suspend(self, tx: Transaction, service_id: ServiceId) -> int:
        """From the commit on, no unit of the service grants a place. Answers how many are reserved there."""
        rows = await tx.connection.fetch(_SUSPEND, service_id, True)
        return sum(row["reserved"] for row in rows)

    async def resume(self, tx: Transaction, service_id: ServiceId) -> list[UnitId]:
        """Ends `suspend`; answers the units that grant places again."""
        rows = await tx.connection.fetch(_SUSPEND, service_id, False)
        return [UnitId(row["unit_id"]) for row in rows]

    async def observe_decline(self, tx: Transaction, unit_id: UnitId, now: datetime) -> int | None:
        """Notes a NO_CAPACITY answer; call it after the declined offer's place was released.

        Where free places are declared and it is the second such answer since the declaration and within 14
        days, what is taken counts as all there is, and the agency is asked to declare anew.

        Returns:
            The unit's new version where the agency is asked from now on; else None.
        """
        unit = await self.lock(tx, unit_id)
        if unit is None or unit.places.free_places is None or unit.places.free_places <= 0:
            return None
        earlier: int = await tx.connection.fetchval(_OBSERVE, unit_id, now, OBSERVED_WITHIN)
        if earlier + 1 < OBSERVED_AFTER_DECLINES:
            return None
        version: int | None = await tx.connection.fetchval(_QUESTION, unit_id, now)
        return version

    async def _read(
        self, tx: Transaction, statement: str, unit_ids: Collection[UnitId]
    ) -> dict[UnitId, CapacityRow]:
        rows = await tx.connection.fetch(statement, list(unit_ids))
        return {UnitId(row["unit_id"]): _row(row) for row in rows}


def _row(row: asyncpg.Record) -> CapacityRow:
    return CapacityRow(
        service_id=row["service_id"],
        agency_id=row["agency_id"],
        places=UnitPlaces(
            unit_id=UnitId(row["unit_id"]),
            activity_id=row["activity_id"],
            free_places=row["free"],
            places=row["places"] if row["kind"] == "PLACES" else None,
            declared_time=row["declared_time"],
            start_time=row["start_time"],
            is_questioned=row["is_questioned"],
        ),
        reserved=row["reserved"],
        occupied=row["occupied"],
        is_suspended=row["is_suspended"],
        is_current=row["is_current"],
        version=row["version"],
    )
