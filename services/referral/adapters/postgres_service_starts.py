"""How long people wait until their service begins: noted per case, summed up by a timer."""

from datetime import timedelta
from typing import Final

from chassis.postgres import Transaction
from chassis.together import Writing
from kernel import codes
from kernel.ids import ServiceId

RECENT_CASES: Final = 200
"""The median of a service rests on its last so many cases."""
_OVERLAP: Final = timedelta(minutes=10)
"""A case is written at its own time and seen at its commit, later by seconds at most: each look overlaps."""

_NOTE = """
    insert into service_start (service_id, sector, waited_seconds, recorded_time)
    values ($1, $2, $3, clock_timestamp())
"""
_SUM_UP = """
    with progress as (
        select counted_until_time as before, clock_timestamp() as now from service_start_progress for update
    ), moved as (
        update service_start_progress set counted_until_time = progress.now from progress
    ), changed as (
        select distinct service_id, sector from service_start, progress
        where recorded_time > progress.before - $1::interval
    ), summed as (
        select changed.service_id, changed.sector, recent.cases, recent.median_seconds
        from changed cross join lateral (
            select count(*)::integer as cases,
                percentile_cont(0.5) within group (order by waited_seconds) as median_seconds
            from (
                select waited_seconds from service_start s where s.service_id = changed.service_id
                order by recorded_time desc limit $2
            ) as last_cases
        ) as recent
    )
    insert into service_start_statistics as known (service_id, sector, cases, median_seconds)
    select service_id, sector, cases, median_seconds from summed order by service_id
    on conflict (service_id) do update
        set sector = excluded.sector, cases = excluded.cases, median_seconds = excluded.median_seconds
    where (known.sector, known.cases, known.median_seconds)
        is distinct from (excluded.sector, excluded.cases, excluded.median_seconds)
    returning service_id
"""
_SUM_UP_SECTORS = """
    insert into sector_start_statistics (sector, cases, mean_seconds)
    select sector, sum(cases), sum(median_seconds * cases) / sum(cases) from service_start_statistics
    group by sector order by sector
    on conflict (sector) do update set cases = excluded.cases, mean_seconds = excluded.mean_seconds
"""


class PostgresServiceStarts:
    """Time from the record of a need to the begin of its service."""

    async def note(
        self, tx: Writing, service_id: ServiceId, service_type: str, waited_seconds: float
    ) -> None:
        """One case, when its service begins."""
        sector = codes.service_type(service_type).sector
        await tx.connection.execute(_NOTE, service_id, sector, max(waited_seconds, 0.0))

    async def sum_up(self, tx: Transaction) -> int:
        """Brings the figures that matching reads up to date; answers how many services' figures changed."""
        changed = await tx.connection.fetch(_SUM_UP, _OVERLAP, RECENT_CASES)
        if changed:
            await tx.connection.execute(_SUM_UP_SECTORS)
        return len(changed)
