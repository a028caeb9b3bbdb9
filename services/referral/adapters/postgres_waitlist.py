"""Who waits for a place of which unit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chassis.postgres import Transaction
from chassis.together import Writing
from kernel.codes import Urgency
from kernel.ids import AgencyId, ReferralId, ServiceId, UnitId
from services.referral.domain.waitlist import Precedence, Waiting, WaitingPlace, precedence

_RANK: Final = "case urgency when 'EMERGENCY' then 0 when 'URGENT' then 1 else 2 end"
_ADD: Final = """
    insert into waitlist_entry (
        unit_id, referral_id, service_id, agency_id, urgency, priority_group, since_time, is_asleep
    )
    select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::integer[],
                         $7::timestamptz[], $8::boolean[])
    on conflict (unit_id, referral_id)
        do update set is_asleep = waitlist_entry.is_asleep or excluded.is_asleep,
            priority_group = excluded.priority_group
"""
_REGROUP: Final = """
    update waitlist_entry e set priority_group = told.priority_group
    from unnest($1::uuid[], $2::integer[]) as told (referral_id, priority_group)
    where e.referral_id = told.referral_id and e.priority_group <> told.priority_group
    returning e.referral_id
"""
_REMOVE: Final = "delete from waitlist_entry where referral_id = any($1::uuid[])"
_REMOVE_OTHERS: Final = """
    delete from waitlist_entry e where referral_id = any($1::uuid[]) and not exists (
        select from unnest($2::uuid[], $3::uuid[]) as kept (referral_id, unit_id)
        where kept.referral_id = e.referral_id and kept.unit_id = e.unit_id
    )
"""
_OF_UNIT: Final = f"""
    select unit_id, referral_id, urgency, priority_group, since_time, is_asleep
    from waitlist_entry where unit_id = $1
    order by {_RANK}, priority_group, since_time, referral_id
    limit $2
"""  # noqa: S608  constants only
# rank() counts those before by the columns of its order alone
_OF_REFERRALS: Final = f"""
    select distinct on (referral_id) referral_id, urgency, priority_group, since_time, position, waiting,
        more_urgent, of_earlier - more_urgent as earlier_group, position - 1 - of_earlier as waiting_longer
    from (
        select *, count(*) over (partition by unit_id)::integer as waiting,
            rank() over (partition by unit_id order by {_RANK})::integer - 1 as more_urgent,
            rank() over (partition by unit_id order by {_RANK}, priority_group)::integer - 1 as of_earlier,
            row_number() over (
                partition by unit_id order by {_RANK}, priority_group, since_time, referral_id
            )::integer as position
        from waitlist_entry
        where unit_id in (select unit_id from waitlist_entry where referral_id = any($1::uuid[]))
    ) as standing
    where referral_id = any($1::uuid[])
    order by referral_id, position, unit_id
"""  # noqa: S608  constants only
_COUNTS: Final = """
    select unit_id, urgency, priority_group, count(*)::integer as number from waitlist_entry
    where unit_id = any($1::uuid[]) group by unit_id, urgency, priority_group
"""
_FREE: Final = """
    select free from capacity
    where unit_id = $1 and not is_suspended and until_time > clock_timestamp()
"""
_WAITERS: Final = """
    select distinct referral_id from waitlist_entry where service_id = $1 or agency_id = $2 or unit_id = $3
"""

MOST_AT_ONCE: Final = 100
"""Waiting people who get an offer in one transaction when a unit becomes unlimited or much larger."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A waiting referral with whose unit it waits for."""

    waiting: Waiting
    service_id: ServiceId
    agency_id: AgencyId


class PostgresWaitlist:
    """The waiting lists. Entries are written and taken away under the lock of their referral."""

    async def add(self, tx: Writing, entries: Sequence[Entry]) -> None:
        """Puts referrals on lists; one that is there keeps its place, unless its group has changed."""
        if not entries:
            return
        await tx.connection.execute(
            _ADD,
            [one.waiting.unit_id for one in entries],
            [one.waiting.referral_id for one in entries],
            [one.service_id for one in entries],
            [one.agency_id for one in entries],
            [one.waiting.urgency.value for one in entries],
            [one.waiting.priority_group for one in entries],
            [one.waiting.since_time for one in entries],
            [one.waiting.is_asleep for one in entries],
        )

    async def regroup(self, tx: Transaction, groups: Mapping[ReferralId, int]) -> set[ReferralId]:
        """Gives those who wait the groups that intake said; answers for whom that was another one."""
        if not groups:
            return set()
        rows = await tx.connection.fetch(_REGROUP, list(groups), list(groups.values()))
        return {ReferralId(row["referral_id"]) for row in rows}

    async def remove(self, tx: Writing, referral_ids: Iterable[ReferralId]) -> None:
        """Takes referrals off every list."""
        await tx.connection.execute(_REMOVE, list(referral_ids))

    async def remove_others(
        self, tx: Transaction, referral_ids: Iterable[ReferralId], kept: Sequence[Entry]
    ) -> None:
        """Takes referrals off every list but those of `kept`, where they keep their place."""
        await tx.connection.execute(
            _REMOVE_OTHERS,
            list(referral_ids),
            [one.waiting.referral_id for one in kept],
            [one.waiting.unit_id for one in kept],
        )

    async def of_unit(self, tx: Transaction, unit_id: UnitId, limit: int = MOST_AT_ONCE) -> list[Waiting]:
        """The first of one list, the next person first."""
        rows = await tx.connection.fetch(_OF_UNIT, unit_id, limit)
        return [
            Waiting(
                referral_id=ReferralId(row["referral_id"]),
                unit_id=UnitId(row["unit_id"]),
                urgency=Urgency(row["urgency"]),
                since_time=row["since_time"],
                priority_group=row["priority_group"],
                is_asleep=row["is_asleep"],
            )
            for row in rows
        ]

    async def places_for_waiting(self, tx: Transaction, unit_id: UnitId) -> int | None:
        """Free places of a unit as it stands; None when unlimited, 0 where it takes nobody."""
        row = await tx.connection.fetchrow(_FREE, unit_id)
        return 0 if row is None else row["free"]

    async def places(
        self, tx: Transaction, referral_ids: Sequence[ReferralId]
    ) -> dict[ReferralId, WaitingPlace]:
        """Of each waiting referral the list on which it is nearest to its turn."""
        rows = await tx.connection.fetch(_OF_REFERRALS, list(referral_ids))
        return {
            ReferralId(row["referral_id"]): WaitingPlace(
                position=row["position"],
                waiting=row["waiting"],
                urgency=Urgency(row["urgency"]),
                priority_group=row["priority_group"],
                since_time=row["since_time"],
                more_urgent=row["more_urgent"],
                earlier_group=row["earlier_group"],
                waiting_longer=row["waiting_longer"],
            )
            for row in rows
        }

    async def counts(
        self, tx: Transaction, unit_ids: Iterable[UnitId]
    ) -> Mapping[UnitId, Mapping[Precedence, int]]:
        """How many wait for each unit, by urgency and group; units without a list are left out."""
        found: dict[UnitId, dict[Precedence, int]] = {}
        for row in await tx.connection.fetch(_COUNTS, list(unit_ids)):
            before = precedence(Urgency(row["urgency"]), row["priority_group"])
            found.setdefault(UnitId(row["unit_id"]), {})[before] = row["number"]
        return found

    async def waiters_of(
        self,
        tx: Transaction,
        *,
        service_id: ServiceId | None = None,
        agency_id: AgencyId | None = None,
        unit_id: UnitId | None = None,
    ) -> list[ReferralId]:
        """Referrals that wait for any unit of a service, of an agency, or for one unit."""
        rows = await tx.connection.fetch(_WAITERS, service_id, agency_id, unit_id)
        return [ReferralId(row["referral_id"]) for row in rows]
