"""Who has searched how often, and whom that showed: of the last hour only, by random ids."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from services.intake.domain.search_allowance import WINDOW, SearchLimits, SearchTally

_LOCK: Final = """
    insert into search_tally (principal_id, acting_person, allowance, refilled_time)
    values ($1, $2, $3, clock_timestamp())
    on conflict (principal_id, acting_person) do update set allowance = search_tally.allowance
    returning allowance, refilled_time, alarmed_time
"""
_READ: Final = """
    select allowance, refilled_time, alarmed_time from search_tally
    where principal_id = $1 and acting_person = $2
"""
_KEEP: Final = """
    update search_tally set allowance = $3, refilled_time = $4, alarmed_time = $5
    where principal_id = $1 and acting_person = $2
"""
_SHOW: Final = """
    insert into shown_in_search (principal_id, acting_person, beneficiary_id, shown_time)
    select $1, $2, person, $4 from unnest($3::uuid[]) as person
    on conflict (principal_id, acting_person, beneficiary_id) do update set shown_time = excluded.shown_time
"""
_COUNT: Final = """
    select count(*) from shown_in_search where principal_id = $1 and acting_person = $2 and shown_time > $3
"""
_FORGET: Final = """
    with old_shown as (
        select ctid from shown_in_search where shown_time < clock_timestamp() - $1::interval
        limit 500 for update skip locked
    ), old_tally as (
        select ctid from search_tally
        where refilled_time < clock_timestamp() - $1::interval
        and (alarmed_time is null or alarmed_time < clock_timestamp() - $1::interval)
        limit 500 for update skip locked
    ), no_longer_shown as (
        delete from shown_in_search where ctid in (select ctid from old_shown) returning 1
    ), no_longer_tallied as (
        delete from search_tally where ctid in (select ctid from old_tally) returning 1
    )
    select (select count(*) from no_longer_shown) + (select count(*) from no_longer_tallied)
"""


class PostgresSearchTally:
    """Of each worker one row, which their searches lock one after another."""

    def __init__(self, limits: SearchLimits) -> None:
        self.limits = limits

    async def lock(self, tx: Transaction) -> SearchTally:
        """The caller's tally until the transaction ends; a full one for who never searched."""
        full = float(self.limits.searches_per_minute)
        row = await tx.connection.fetchrow(_LOCK, *_worker(tx.caller), full)
        return SearchTally(row["allowance"], row["refilled_time"], row["alarmed_time"])

    async def read(self, tx: Transaction, now: datetime) -> SearchTally:
        """The same without a lock."""
        row = await tx.connection.fetchrow(_READ, *_worker(tx.caller))
        if row is None:
            return SearchTally(float(self.limits.searches_per_minute), now)
        return SearchTally(row["allowance"], row["refilled_time"], row["alarmed_time"])

    async def keep(self, tx: Transaction, tally: SearchTally) -> None:
        """Writes the locked tally down."""
        await tx.connection.execute(
            _KEEP, *_worker(tx.caller), tally.allowance, tally.refilled_time, tally.alarmed_time
        )

    async def shown(self, tx: Transaction, people: Iterable[BeneficiaryId], now: datetime) -> int:
        """Notes whom the caller is shown; answers how many different people that makes within the hour."""
        await tx.connection.execute(_SHOW, *_worker(tx.caller), sorted(people), now)
        count: int = await tx.connection.fetchval(_COUNT, *_worker(tx.caller), now - WINDOW)
        return count


async def forget_searches(tx: Transaction) -> int:
    """Deletes what is older than the hour, up to 500 rows of a kind; answers how many went. For a timer."""
    gone: int = await tx.connection.fetchval(_FORGET, WINDOW)
    return gone


def _worker(caller: Caller) -> tuple[object, str]:
    return caller.principal_id, caller.acting_person
