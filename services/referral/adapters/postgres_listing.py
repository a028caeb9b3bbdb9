"""What the directory shows: services page by page, only those that the viewer may find."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from chassis.postgres import Transaction
from kernel.codes import Role
from kernel.ids import ServiceId
from services.referral.adapters.directory_sight import Sight, see
from services.referral.adapters.service_columns import service_of
from services.referral.domain.capacity import Freshness, freshness
from services.referral.domain.directory import Service
from services.referral.domain.visibility import Viewer

# $1 viewer's agency, $2 has an agency, $3 is named staff, $4 is admin of that agency
_FOUND: Final = """
    (s.listing = 'PUBLIC' or s.agency_id = $1 or (s.listing = 'PARTNERS' and $2)
        or (s.listing = 'NAMED_STAFF' and $3))
"""
# a search by district must not tell where a hidden place is
_FILTERED: Final = f"""{_FOUND}
    and ($5::uuid is null or s.agency_id = $5)
    and ($6 = '' or s.service_type = $6)
    and ($7 = '' or (s.district = $7
        and (s.location_visibility <> 'HIDDEN' or ($4 and s.agency_id = $1))))
"""
_SERVICE: Final = """
    select s.*, a.code, own.kind, own.places, s.suspended_time is not null as is_suspended,
        u.free_places, u.declared_time, u.is_questioned
    from service s
    join agency a using (agency_id)
    join capacity own on own.unit_id = s.service_id
    left join lateral (
        select case when bool_or(c.kind = 'UNLIMITED') then null
                else sum(greatest(c.free, 0)) end::integer as free_places,
            max(c.declared_time) as declared_time, bool_or(c.questioned_time is not null) as is_questioned
        from capacity c
        where c.service_id = s.service_id and c.until_time > clock_timestamp()
    ) u on true
"""
_ONE: Final = f"{_SERVICE} where s.service_id = $5 and ($4 or true) and {_FOUND}"
_PAGE: Final = f"{_SERVICE} where {_FILTERED} and s.service_id > $8 order by s.service_id limit $9"
_COUNT: Final = f"select count(*)::integer from service s where {_FILTERED}"  # noqa: S608  constants only


@dataclass(frozen=True, slots=True)
class ListedService:
    """A service as it stands now; `service` is whole, exits show what the viewer may see of it.

    Args:
        free_places: None when unlimited, or when no unit is open.
        declared_time: None when no unit is open.
        is_questioned: the agency is asked to declare anew.
    """

    service: Service
    agency_code: str
    is_suspended: bool
    free_places: int | None
    declared_time: datetime | None
    freshness: Freshness
    version: int
    is_questioned: bool = False


@dataclass(frozen=True, slots=True)
class ServiceFilter:
    """What a list is narrowed to; None and empty: all."""

    agency_id: UUID | None = None
    service_type: str = ""
    district: str = ""


class PostgresListing:
    """Reads of the directory for people."""

    async def one(
        self, tx: Transaction, viewer: Viewer, service_id: ServiceId, now: datetime
    ) -> ListedService | None:
        """The service; None where there is none, or the viewer may not know of it."""
        await _see_as(tx, viewer)
        row = await tx.connection.fetchrow(_ONE, *_viewer(viewer), service_id)
        return _listed(row, now) if row else None

    async def page(
        self,
        tx: Transaction,
        viewer: Viewer,
        wanted: ServiceFilter,
        *,
        after: UUID,
        limit: int,
        now: datetime,
    ) -> tuple[list[ListedService], int]:
        """Services by id, and how many the viewer may find in all."""
        await _see_as(tx, viewer)
        narrowed = (*_viewer(viewer), wanted.agency_id, wanted.service_type, wanted.district)
        total: int = await tx.connection.fetchval(_COUNT, *narrowed)
        rows = await tx.connection.fetch(_PAGE, *narrowed, after, limit)
        return [_listed(row, now) for row in rows], total


async def _see_as(tx: Transaction, viewer: Viewer) -> None:
    if viewer.is_named_staff:
        await see(tx, Sight.NAMED_STAFF)


def _viewer(viewer: Viewer) -> tuple[UUID | None, bool, bool, bool]:
    return (
        viewer.agency_id,
        viewer.agency_id is not None,
        viewer.is_named_staff,
        Role.AGENCY_ADMIN in viewer.roles,
    )


def _listed(row: asyncpg.Record, now: datetime) -> ListedService:
    declared_time = row["declared_time"]
    return ListedService(
        service=service_of(row),
        agency_code=row["code"],
        is_suspended=row["is_suspended"],
        free_places=row["free_places"],
        declared_time=declared_time,
        freshness=freshness(declared_time, now, is_questioned=row["is_questioned"])
        if declared_time
        else Freshness.UNKNOWN,
        version=row["version"],
        is_questioned=bool(row["is_questioned"]),
    )
