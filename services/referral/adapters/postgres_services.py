"""Services as they stand, with a row for each version that a match may cite."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, ServiceId
from services.referral.adapters.postgres_directory import EVERYWHERE
from services.referral.adapters.service_columns import SAVED_COLUMNS, columns_of, service_of
from services.referral.domain.directory import Service

_NAMES = ", ".join(SAVED_COLUMNS)
_TYPES = ", ".join(f"{name} {kind}" for name, kind in SAVED_COLUMNS.items())
_SET = ", ".join(f"{name} = excluded.{name}" for name in SAVED_COLUMNS)
_KNOWN = ", ".join(f"known.{name}" for name in SAVED_COLUMNS)
_EXCLUDED = ", ".join(f"excluded.{name}" for name in SAVED_COLUMNS)

_SAVE: Final = f"""
    insert into service as known (service_id, agency_id, {_NAMES}, saved_time)
    select service_id, agency_id, {_NAMES}, $2
    from jsonb_to_recordset($1::jsonb) as saved (service_id uuid, agency_id uuid, {_TYPES})
    order by service_id
    on conflict (service_id) do update
        set {_SET}, version = known.version + 1, saved_time = excluded.saved_time
    where known.agency_id = excluded.agency_id and ({_KNOWN}) is distinct from ({_EXCLUDED})
    returning new.service_id, new.agency_id, new.service_type, new.version,
        (old.capacity_kind, old.capacity_places) is distinct from (new.capacity_kind, new.capacity_places)
            as is_newly_declared
"""  # noqa: S608  constants only
_KEEP_VERSIONS: Final = """
    insert into service_version (service_id, version, agency_id, listing, saved_time, saved_by, content)
    select service_id, version, agency_id, listing, $2, $3, to_jsonb(service)
    from service where service_id = any($1)
"""
_KEEP_AREAS: Final = """
    with served as (
        select service_id, service_type,
            unnest(case when areas = '{}' then array[$2] else areas end) as district
        from service where service_id = any($1)
    ), gone as (
        delete from service_area a where a.service_id = any($1)
            and (a.service_id, a.service_type, a.district) not in (select * from served)
    )
    insert into service_area (service_type, district, service_id)
    select distinct service_type, district, service_id from served
    on conflict do nothing
"""
_KEEP_CAPACITY: Final = """
    insert into capacity as known (unit_id, service_id, agency_id, kind, places, declared_time)
    select service_id, service_id, agency_id, capacity_kind, capacity_places, $2
    from service where service_id = any($1)
    order by service_id
    on conflict (unit_id) do update set kind = excluded.kind, places = excluded.places,
        observed_places = null, questioned_time = null, declared_time = excluded.declared_time,
        version = known.version + 1
"""
# a column that was added later has no value in versions from before
_VERSIONS: Final = """
    select stood.*, stood.capacity_kind as kind, stood.capacity_places as places, kept.saved_by,
        kept.version as kept_version, kept.saved_time as kept_time,
        (select later.saved_time from service_version as later
         where later.service_id = kept.service_id and later.version > kept.version
         order by later.version limit 1) as replaced_time
    from unnest($1::uuid[], $2::bigint[]) as cited (service_id, version)
    join service_version as kept using (service_id, version),
        jsonb_populate_record(null::service, '{"status_proof_until_end": false}' || kept.content) as stood
"""
_OWNERS: Final = """
    select unit_id, service_id, agency_id from capacity where unit_id = any($1)
"""
_SUSPEND: Final = """
    update service set suspended_time = $2, version = version + 1, saved_time = $3
    where service_id = $1 and (suspended_time is null) = $4
    returning service_id, agency_id, service_type, version
"""


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """What a save, a suspension or its end left behind."""

    service_id: ServiceId
    agency_id: AgencyId
    service_type: str
    version: int
    is_newly_declared: bool = False


@dataclass(frozen=True, slots=True)
class ServiceVersion:
    """A service as it stood; `replaced_time` is None while it stands so."""

    service: Service
    version: int
    is_suspended: bool
    saved_by: UUID
    saved_time: datetime
    replaced_time: datetime | None


@dataclass(frozen=True, slots=True)
class UnitOwner:
    """Whose a unit of capacity is: the unit's id is that of an activity or of the service itself."""

    service_id: ServiceId
    agency_id: AgencyId


class PostgresServices:
    """The tables `service`, `service_version`, `service_area`; writes what use cases have checked."""

    async def save(
        self, tx: Transaction, services: Sequence[Service], saved_by: UUID, now: datetime
    ) -> list[ServiceRow]:
        """Adds and changes in one statement; answers those that are new or differ.

        Places are taken over only where they differ from those of the last save, so that loading the same
        file again does not undo what was declared since.
        """
        written = json.dumps([columns_of(service) for service in services])
        rows = await tx.connection.fetch(_SAVE, written, now)
        saved = [
            ServiceRow(
                ServiceId(row["service_id"]),
                AgencyId(row["agency_id"]),
                row["service_type"],
                row["version"],
                row["is_newly_declared"],
            )
            for row in rows
        ]
        if saved:
            changed = [row.service_id for row in saved]
            await tx.connection.execute(_KEEP_VERSIONS, changed, now, saved_by)
            await tx.connection.execute(_KEEP_AREAS, changed, EVERYWHERE)
            declared = [row.service_id for row in saved if row.is_newly_declared]
            await tx.connection.execute(_KEEP_CAPACITY, declared, now)
        return saved

    async def versions(
        self, tx: Transaction, cited: Collection[tuple[ServiceId, int]]
    ) -> list[ServiceVersion]:
        """Services as they stood, each at a version; without what never was or is not to be seen."""
        ids, versions = [one for one, _ in cited], [version for _, version in cited]
        return [
            ServiceVersion(
                service_of(row),
                row["kept_version"],
                row["suspended_time"] is not None,
                row["saved_by"],
                row["kept_time"],
                row["replaced_time"],
            )
            for row in await tx.connection.fetch(_VERSIONS, ids, versions)
        ]

    async def owners(self, tx: Transaction, unit_ids: Collection[UUID]) -> dict[UUID, UnitOwner]:
        """Whose the units are; each service has one under its own id. Unknown ids are left out."""
        rows = await tx.connection.fetch(_OWNERS, list(unit_ids))
        return {row["unit_id"]: UnitOwner(row["service_id"], row["agency_id"]) for row in rows}

    async def types_of(self, tx: Transaction, service_ids: Collection[ServiceId]) -> dict[ServiceId, str]:
        """The types of services that are known to be there."""
        rows = await tx.connection.fetch(
            "select service_id, service_type from service where service_id = any($1::uuid[])",
            list(service_ids),
        )
        return {ServiceId(row["service_id"]): row["service_type"] for row in rows}

    async def suspend(
        self, tx: Transaction, service_id: ServiceId, saved_by: UUID, now: datetime
    ) -> ServiceRow | None:
        """None where it is suspended already."""
        return await self._set_suspended(tx, service_id, now, saved_by, now)

    async def resume(
        self, tx: Transaction, service_id: ServiceId, saved_by: UUID, now: datetime
    ) -> ServiceRow | None:
        """None where it is not suspended."""
        return await self._set_suspended(tx, service_id, None, saved_by, now)

    async def _set_suspended(
        self,
        tx: Transaction,
        service_id: ServiceId,
        suspended_time: datetime | None,
        saved_by: UUID,
        now: datetime,
    ) -> ServiceRow | None:
        row = await tx.connection.fetchrow(
            _SUSPEND, service_id, suspended_time, now, suspended_time is not None
        )
        if row is None:
            return None
        await tx.connection.execute(_KEEP_VERSIONS, [service_id], now, saved_by)
        return ServiceRow(service_id, AgencyId(row["agency_id"]), row["service_type"], row["version"])
