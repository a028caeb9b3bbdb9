"""Who follows whose case, in PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId, PrincipalId, random_id
from kernel.restricted import RESTRICTED_TYPES
from services.intake.adapters.postgres_needs import NEED_COLUMNS, need_from
from services.intake.domain.case_workers import Case, CaseWorkers, SetWorkers
from services.intake.domain.need import Need

_NOW: Final = """
    select beneficiary_id, caseworker_id, deputy_id, set_time from case_workers
    where beneficiary_id = any($1::uuid[]) and ended_time is null
"""
_END: Final = """
    update case_workers set ended_time = $2 where beneficiary_id = any($1::uuid[]) and ended_time is null
"""
_ADD: Final = """
    insert into case_workers (case_workers_id, beneficiary_id, agency_id, caseworker_id, deputy_id,
        set_by_principal_id, acting_person, set_time)
    select *, $3, $4, $5, $6, $7, $8 from unnest($1::uuid[], $2::uuid[])
"""
# Of one person's records that the worker follows only one counts: the kept one or, where others follow that,
# the one with the lowest id. The person's other records are known of where the worker follows them too, or
# where they need no restricted service, or to whoever may know of that.
_CASES: Final = """
    with mine as materialized (
        select followed.beneficiary_id as record_id, followed.caseworker_id, followed.deputy_id,
            followed.set_time
        from case_workers as followed join beneficiary as person using (beneficiary_id)
        where (followed.caseworker_id = $1 or followed.deputy_id = $1)
          and followed.ended_time is null and person.erased_time is null
    ), seen as materialized (
        select mine.record_id, other.other_id, other.other_is_kept,
            exists (select from mine as own where own.record_id = other.other_id) as is_mine
        from mine join same_person as other on other.beneficiary_id = mine.record_id
        where other.unmerged_time is null
    ), known as materialized (
        select record_id, array_agg(other_id) as other_ids,
            (array_agg(other_id) filter (where other_is_kept))[1] as kept_id
        from seen
        where is_mine or (
            select need_id from need
            where need.beneficiary_id = seen.other_id and need.service_type = any($2::text[])
            limit 1
        ) is null
        group by record_id
    ), person as materialized (
        select mine.*, coalesce(known.kept_id, mine.record_id) as beneficiary_id,
            mine.record_id || coalesce(known.other_ids, '{}') as records
        from mine left join known using (record_id)
        where not exists (
            select from seen
            where seen.record_id = mine.record_id and seen.is_mine
              and (seen.other_is_kept or seen.other_id < mine.record_id and exists (
                select from seen as kept where kept.record_id = mine.record_id and kept.other_is_kept)))
    ), in_need as materialized (
        select distinct person.record_id
        from person cross join unnest(person.records) as one (beneficiary_id)
        join open_needs(case when $6 then array(select unnest(records) from person) else '{}' end) as open
            on open.beneficiary_id = one.beneficiary_id
    )
    select beneficiary_id, record_id, caseworker_id, deputy_id, set_time, records
    from person
    where ($3::timestamptz is null or (set_time, record_id) < ($3, $4))
      and (not $6 or record_id in (select record_id from in_need))
    order by set_time desc, record_id desc limit $5
"""
_NEEDS: Final = f"""
    select {NEED_COLUMNS}
    from open_needs($1::uuid[]) as n
    join unnest($1::uuid[], $2::int[]) as place (beneficiary_id, number) using (beneficiary_id)
    order by place.number, n.recorded_time desc, n.need_id desc limit $3
"""  # noqa: S608  constants


async def workers_of(tx: Transaction, records: Collection[BeneficiaryId]) -> dict[BeneficiaryId, SetWorkers]:
    """Who follows the cases of these records now, as far as somebody does."""
    rows = await tx.connection.fetch(_NOW, list(records))
    return {row["beneficiary_id"]: _set_workers(row["beneficiary_id"], row) for row in rows}


async def end_workers(tx: Transaction, records: Sequence[BeneficiaryId], now: datetime) -> None:
    """Nobody follows the cases of these records any more; others are said at once."""
    await tx.connection.execute(_END, records, now)


async def add_workers(
    tx: Transaction,
    records: Sequence[BeneficiaryId],
    agency_id: AgencyId,
    workers: CaseWorkers,
    now: datetime,
) -> None:
    """From now on these two follow the cases of these records, which nobody does, by the caller's word."""
    await tx.connection.execute(
        _ADD,
        [random_id() for _ in records],
        records,
        agency_id,
        workers.caseworker_id,
        workers.deputy_id,
        tx.caller.principal_id,
        tx.caller.acting_person,
        now,
    )


async def cases_of(
    tx: Transaction,
    worker_id: PrincipalId,
    before: tuple[datetime, UUID] | None,
    size: int,
    *,
    with_needs_only: bool,
    sees_restricted: bool,
) -> list[Case]:
    """Up to `size` people whose caseworker or deputy this is, those taken over last first, without needs.

    Args:
        before: only those that were taken over before what stands at this place.
        sees_restricted: whether records that others follow are known of also where they need a restricted
            service.
    """
    hidden = [] if sees_restricted else list(RESTRICTED_TYPES)
    place = before or (None, None)
    rows = await tx.connection.fetch(_CASES, worker_id, hidden, *place, size, with_needs_only)
    return [
        Case(row["beneficiary_id"], _set_workers(row["record_id"], row), tuple(row["records"]))
        for row in rows
    ]


async def open_needs(tx: Transaction, cases: Sequence[Case], size: int) -> list[Need]:
    """Up to `size` needs of these people that have not ended, by the cases' order, the newest first."""
    places = [(record, number) for number, case in enumerate(cases) for record in case.records]
    rows = await tx.connection.fetch(
        _NEEDS, [record for record, _ in places], [number for _, number in places], size
    )
    return [need_from(row) for row in rows]


def _set_workers(record: BeneficiaryId, row: Any) -> SetWorkers:
    return SetWorkers(record, CaseWorkers(row["caseworker_id"], row["deputy_id"]), row["set_time"])
