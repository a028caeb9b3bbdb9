"""Dated instances of services; each is a unit of capacity of its own."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from chassis.postgres import Transaction
from kernel.codes import CapacityKind
from kernel.ids import ActivityId, AgencyId, ServiceId
from services.referral.adapters.directory_sight import Sight, see
from services.referral.domain.capacity import DeclaredCapacity
from services.referral.domain.directory import Activity
from services.referral.domain.directory_events import ActivitySaved
from services.referral.domain.visibility import Viewer

_LOCK_UNITS: Final = """
    select unit_id from capacity where unit_id = any($1) order by unit_id for no key update
"""
_SAVE: Final = """
    insert into activity as known (activity_id, service_id, agency_id, name_el, name_en, start_time, end_time,
        capacity_kind, capacity_places, saved_time)
    select activity_id, service_id, agency_id, name_el, name_en, start_time, end_time, capacity_kind,
        capacity_places, $2
    from jsonb_to_recordset($1::jsonb) as saved (
        activity_id uuid, service_id uuid, agency_id uuid, name_el text, name_en text, start_time timestamptz,
        end_time timestamptz, capacity_kind text, capacity_places integer
    )
    order by activity_id
    on conflict (activity_id) do update set name_el = excluded.name_el, name_en = excluded.name_en,
        start_time = excluded.start_time, end_time = excluded.end_time,
        capacity_kind = excluded.capacity_kind, capacity_places = excluded.capacity_places,
        version = known.version + 1, saved_time = excluded.saved_time
    where known.service_id = excluded.service_id
        and (known.name_el, known.name_en, known.start_time, known.end_time, known.capacity_kind,
            known.capacity_places)
        is distinct from (excluded.name_el, excluded.name_en, excluded.start_time, excluded.end_time,
            excluded.capacity_kind, excluded.capacity_places)
    returning new.activity_id, new.service_id, new.agency_id, new.version,
        (old.capacity_kind, old.capacity_places) is distinct from (new.capacity_kind, new.capacity_places)
            as is_newly_declared
"""
_KEEP_CAPACITY: Final = """
    insert into capacity as known (unit_id, service_id, agency_id, activity_id, kind, places, declared_time,
        start_time, until_time, is_suspended)
    select a.activity_id, a.service_id, a.agency_id, a.activity_id, a.capacity_kind, a.capacity_places, $3,
        a.start_time, a.end_time, s.suspended_time is not null
    from activity a join service s using (service_id)
    where a.activity_id = any($1)
    order by a.activity_id
    on conflict (unit_id) do update set start_time = excluded.start_time, until_time = excluded.until_time,
        kind = case when known.unit_id = any($2) then excluded.kind else known.kind end,
        places = case when known.unit_id = any($2) then excluded.places else known.places end,
        observed_places = case when known.unit_id = any($2) then null else known.observed_places end,
        questioned_time = case when known.unit_id = any($2) then null else known.questioned_time end,
        declared_time = case when known.unit_id = any($2) then excluded.declared_time
            else known.declared_time end,
        version = known.version + (known.unit_id = any($2))::integer
"""
_CLOSE_SERVICE_UNITS: Final = """
    update capacity set until_time = '-infinity' where unit_id = any($1) and until_time > '-infinity'
"""
_TYPES: Final = "select service_id, service_type from service where service_id = any($1)"
_FOUND: Final = """
    (s.listing = 'PUBLIC' or s.agency_id = $1 or (s.listing = 'PARTNERS' and $2)
        or (s.listing = 'NAMED_STAFF' and $3))
    and ($4::uuid is null or s.service_id = $4) and ($5::uuid is null or s.agency_id = $5)
    and ($6::uuid is null or a.activity_id = $6) and (not $7 or a.end_time > clock_timestamp())
"""
_PAGE: Final = f"""
    select a.*, c.kind, c.places, c.free from activity a
    join service s using (service_id)
    join capacity c on c.unit_id = a.activity_id
    where {_FOUND} and (a.start_time, a.activity_id) > ($8, $9)
    order by a.start_time, a.activity_id
    limit $10
"""  # noqa: S608  constants only
_COUNT: Final = f"""
    select count(*)::integer from activity a join service s using (service_id) where {_FOUND}
"""  # noqa: S608  constants only


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """What a list is narrowed to; None: all. `is_current`: only those that are not over."""

    service_id: UUID | None = None
    agency_id: UUID | None = None
    activity_id: UUID | None = None
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class ListedActivity:
    """An activity with its capacity as it stands now; `free_places` is None when unlimited."""

    activity: Activity
    free_places: int | None
    version: int


class PostgresActivities:
    """The table `activity`; writes what use cases have checked."""

    async def save(
        self,
        tx: Transaction,
        activities: Sequence[Activity],
        owners: Mapping[ServiceId, AgencyId],
        now: datetime,
    ) -> list[ActivitySaved]:
        """Adds and changes in one statement; answers those that are new or differ.

        A service that gets its first activity stops having places of its own; what is taken of them stays
        counted until it is given back.
        """
        service_ids = {activity.service_id for activity in activities}
        units: list[UUID] = [*service_ids, *(activity.activity_id for activity in activities)]
        await tx.connection.execute(_LOCK_UNITS, units)
        written = json.dumps([_columns(activity, owners[activity.service_id]) for activity in activities])
        rows = await tx.connection.fetch(_SAVE, written, now)
        if not rows:
            return []
        await see(tx, Sight.WHOLE)
        changed = [row["activity_id"] for row in rows]
        declared = [row["activity_id"] for row in rows if row["is_newly_declared"]]
        await tx.connection.execute(_KEEP_CAPACITY, changed, declared, now)
        await tx.connection.execute(_CLOSE_SERVICE_UNITS, list(service_ids))
        types = {
            row["service_id"]: row["service_type"]
            for row in await tx.connection.fetch(_TYPES, list(service_ids))
        }
        return [
            ActivitySaved(
                agency_id=AgencyId(row["agency_id"]),
                service_id=ServiceId(row["service_id"]),
                service_type=types[row["service_id"]],
                activity_id=ActivityId(row["activity_id"]),
                version=row["version"],
            )
            for row in rows
        ]

    async def page(
        self,
        tx: Transaction,
        viewer: Viewer,
        wanted: ActivityFilter,
        *,
        after: tuple[datetime, UUID],
        limit: int,
    ) -> tuple[list[ListedActivity], int]:
        """Activities by start, and how many the viewer may find in all."""
        if viewer.is_named_staff:
            await see(tx, Sight.NAMED_STAFF)
        found = (
            viewer.agency_id,
            viewer.agency_id is not None,
            viewer.is_named_staff,
            wanted.service_id,
            wanted.agency_id,
            wanted.activity_id,
            wanted.is_current,
        )
        total: int = await tx.connection.fetchval(_COUNT, *found)
        rows = await tx.connection.fetch(_PAGE, *found, *after, limit)
        return [_listed(row) for row in rows], total


def _columns(activity: Activity, agency_id: AgencyId) -> dict[str, str | int]:
    return {
        "activity_id": str(activity.activity_id),
        "service_id": str(activity.service_id),
        "agency_id": str(agency_id),
        "name_el": activity.name_el,
        "name_en": activity.name_en,
        "start_time": activity.start_time.isoformat(),
        "end_time": activity.end_time.isoformat(),
        "capacity_kind": activity.capacity.kind.value,
        "capacity_places": activity.capacity.places,
    }


def _listed(row: asyncpg.Record) -> ListedActivity:
    return ListedActivity(
        activity=Activity(
            activity_id=ActivityId(row["activity_id"]),
            service_id=ServiceId(row["service_id"]),
            name_el=row["name_el"],
            name_en=row["name_en"],
            start_time=row["start_time"],
            end_time=row["end_time"],
            capacity=DeclaredCapacity(CapacityKind[row["kind"]], row["places"]),
        ),
        free_places=row["free"],
        version=row["version"],
    )
