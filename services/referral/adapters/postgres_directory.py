"""What matching reads of the directory: candidates for a whole batch in one statement."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final
from uuid import UUID

import asyncpg

from chassis.postgres import Transaction
from kernel import codes
from kernel.codes import Listing, LocationVisibility
from kernel.ids import ActivityId, AgencyId, ServiceId, UnitId
from services.referral.adapters.directory_sight import Sight, see
from services.referral.domain.candidate import Candidate
from services.referral.domain.capacity import UnitPlaces
from services.referral.domain.opening import OpeningHours

Wanted = tuple[str, str | None]
"""A service type, and the district where the person lives; None where it is not known."""

EVERYWHERE: Final = "*"

# a materialized hit list keeps the plan on the indexes, however large the directory is
_CANDIDATE = """
    select hit.keys, s.service_id, s.agency_id, s.version, s.service_type, s.name_el, s.name_en, s.listing,
        s.location_visibility, s.district, s.areas, s.age_bands, s.sexes, s.household_bands, s.status_rule,
        s.status_proof_needed, s.status_proof_until_end, s.languages, s.interpreter_languages, s.step_free,
        s.opening, s.duty_phone,
        s.suspended_time is not null as is_suspended,
        g.valid_from_time, g.valid_until_time, t.cases, t.median_seconds, m.mean_seconds,
        u.unit_ids, u.activity_ids, u.free, u.places, u.declared_times, u.start_times, u.end_times,
        u.questioned
    from hit
    join service s using (service_id)
    left join agreement g on g.agency_id = s.agency_id
    left join service_start_statistics t on t.service_id = s.service_id
    left join sector_start_statistics m on m.sector = s.sector
    left join lateral (
        select array_agg(c.unit_id) as unit_ids, array_agg(c.activity_id) as activity_ids,
            array_agg(c.free) as free, array_agg(case when c.kind = 'PLACES' then c.places end) as places,
            array_agg(c.declared_time) as declared_times, array_agg(c.start_time) as start_times,
            array_agg(case when c.activity_id is not null then c.until_time end) as end_times,
            array_agg(c.questioned_time is not null) as questioned
        from capacity c
        where c.service_id = s.service_id and c.until_time > clock_timestamp()
    ) u on true
"""
_BY_NEED = f"""
    with hit as materialized (
        select a.service_id, array_agg(distinct w.key) as keys
        from unnest($1::integer[], $2::text[], $3::text[]) as w (key, service_type, district)
        join service_area a using (service_type, district)
        group by a.service_id
    )
{_CANDIDATE}
"""  # noqa: S608  constants only
_BY_ID = f"""
    with hit as materialized (
        select service_id, array[0] as keys from unnest($1::uuid[]) as w (service_id)
    )
{_CANDIDATE}
"""  # noqa: S608  constants only
_COUNT = """
    select coalesce(sum(services), 0)::integer from service_type_count
    where service_type = $1 and ($2 or not is_for_named_staff)
"""
_OUT_OF_REACH = """
    select s.service_id, s.agency_id from service s
    where s.service_type = $1 and s.service_id > $2 and ($4 or s.listing <> 'NAMED_STAFF')
        and not exists (
            select from service_area a
            where a.service_type = s.service_type and a.service_id = s.service_id and a.district = any($3)
        )
    order by s.service_id
    limit $5
"""
_NEEDED = "select service_type, mask from needed_categories where service_type = any($1)"


class PostgresDirectory:
    """Reads; what it answers depends on the directory alone, not on who asks: exits decide what is shown."""

    async def candidates(
        self, tx: Transaction, wanted: Sequence[Wanted]
    ) -> Mapping[Wanted, tuple[Candidate, ...]]:
        """For each kind of need, the services of its type that serve its district, by service id.

        The cost grows with the candidates, not with the directory. Suspended services and those without a
        place are among them: matching says why they are left out. Where the district is not known, all
        services of the type are candidates.
        """
        distinct = list(dict.fromkeys(wanted))
        keys: list[int] = []
        service_types: list[str] = []
        districts: list[str] = []
        for key, (service_type, district) in enumerate(distinct):
            for reach in districts_of_reach(district):
                keys.append(key)
                service_types.append(service_type)
                districts.append(reach)
        await see(tx, Sight.WHOLE)
        rows = await tx.connection.fetch(_BY_NEED, keys, service_types, districts)
        found: list[list[Candidate]] = [[] for _ in distinct]
        for row in rows:
            candidate = _candidate(row)
            for key in row["keys"]:
                found[key].append(candidate)
        return {
            need: tuple(sorted(candidates, key=_by_service))
            for need, candidates in zip(distinct, found, strict=True)
        }

    async def candidates_by_id(
        self, tx: Transaction, service_ids: Sequence[ServiceId]
    ) -> Mapping[ServiceId, Candidate]:
        """The services that somebody chose, whatever their type and area; unknown ids are left out."""
        await see(tx, Sight.WHOLE)
        rows = await tx.connection.fetch(_BY_ID, list(dict.fromkeys(service_ids)))
        candidates = [_candidate(row) for row in rows]
        return {candidate.service_id: candidate for candidate in candidates}

    async def count_of_type(self, tx: Transaction, service_type: str, *, with_named_staff: bool) -> int:
        """How many services of the type there are; those for named staff are counted where asked for."""
        count: int = await tx.connection.fetchval(_COUNT, service_type, with_named_staff)
        return count

    async def out_of_reach(
        self,
        tx: Transaction,
        wanted: Wanted,
        *,
        after: UUID,
        limit: int,
        with_named_staff: bool,
    ) -> list[tuple[ServiceId, AgencyId]]:
        """A page of the services of the type that do not serve the district, by service id."""
        service_type, district = wanted
        rows = await tx.connection.fetch(
            _OUT_OF_REACH, service_type, after, districts_of_reach(district), with_named_staff, limit
        )
        return [(ServiceId(row["service_id"]), AgencyId(row["agency_id"])) for row in rows]

    async def needed_masks(self, tx: Transaction, service_types: Iterable[str]) -> Mapping[str, int]:
        """The data categories that each type needs after acceptance, as bits."""
        wanted = list(service_types)
        rows = await tx.connection.fetch(_NEEDED, wanted)
        set_by_officer = {row["service_type"]: row["mask"] for row in rows}
        return {code: set_by_officer.get(code, codes.service_type(code).needed_mask) for code in wanted}


def districts_of_reach(district: str | None) -> list[str]:
    """The districts in which a service must be written to be a candidate."""
    return [district, EVERYWHERE] if district is not None else [*codes.DISTRICTS, EVERYWHERE]


def _by_service(candidate: Candidate) -> bytes:
    return candidate.service_id.bytes


@lru_cache(maxsize=1024)
def opening_of(written: str) -> tuple[OpeningHours, ...]:
    """Opening hours as the database keeps them: few differ, so each is read once."""
    return tuple(OpeningHours(*hours) for hours in json.loads(written))


@lru_cache(maxsize=4096)
def _set(*members: str) -> frozenset[str]:
    """One set for all services that say the same."""
    return frozenset(members)


def _candidate(row: asyncpg.Record) -> Candidate:
    return Candidate(
        service_id=ServiceId(row["service_id"]),
        agency_id=AgencyId(row["agency_id"]),
        version=row["version"],
        service_type=row["service_type"],
        name_el=row["name_el"],
        name_en=row["name_en"],
        listing=Listing[row["listing"]],
        location_visibility=LocationVisibility[row["location_visibility"]],
        district=row["district"],
        areas=_set(*row["areas"]),
        age_bands=_set(*row["age_bands"]),
        sexes=_set(*row["sexes"]),
        household_bands=_set(*row["household_bands"]),
        status_rule=row["status_rule"],
        status_proof_needed=row["status_proof_needed"],
        status_proof_until_end=row["status_proof_until_end"],
        languages=_set(*row["languages"]),
        interpreter_languages=_set(*row["interpreter_languages"]),
        step_free=row["step_free"],
        opening=opening_of(row["opening"]),
        duty_phone=row["duty_phone"],
        is_suspended=row["is_suspended"],
        agreement_from_time=row["valid_from_time"],
        agreement_until_time=row["valid_until_time"],
        start_cases=row["cases"] or 0,
        start_median_seconds=row["median_seconds"],
        sector_start_mean_seconds=row["mean_seconds"],
        units=_units(row),
    )


def _units(row: asyncpg.Record) -> tuple[UnitPlaces, ...]:
    return tuple(
        UnitPlaces(
            unit_id=UnitId(unit_id),
            activity_id=ActivityId(activity_id) if activity_id else None,
            free_places=free,
            places=places,
            declared_time=declared_time,
            start_time=start_time,
            end_time=end_time,
            is_questioned=is_questioned,
        )
        for unit_id, activity_id, free, places, declared_time, start_time, end_time, is_questioned in zip(
            row["unit_ids"] or (),
            row["activity_ids"] or (),
            row["free"] or (),
            row["places"] or (),
            row["declared_times"] or (),
            row["start_times"] or (),
            row["end_times"] or (),
            row["questioned"] or (),
            strict=True,
        )
    )
