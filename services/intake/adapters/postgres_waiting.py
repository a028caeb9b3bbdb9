"""How much waits for somebody, in PostgreSQL: what is counted is what the lists of these things show."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from services.intake.domain.waiting import Waiting, WaitingList

# each row is due at some time, or never; row security leaves out what is another agency's
_COUNTS: Final = """
    select list, count(*) as count, count(*) filter (where due_time <= $1) as overdue,
        count(*) filter (where due_time > $1 and due_time <= $1 + $2::interval) as due_soon,
        min(due_time) as first_due_time
    from (
        select 'EMERGENCY_ACCESSES' as list, null::timestamptz as due_time from emergency_access
        where state = 'REQUESTED' and ($3::uuid is null or owner_agency_id = $3)
        union all
        select 'EMERGENCY_REVIEWS', due_time from emergency_review where finding is null
        union all
        select 'RECALLS', due_time from recall
        where acknowledged_time is null and ($3::uuid is null or owner_agency_id = $3)
            and service_type <> all($4::text[])
        union all
        select 'RIGHTS_REQUESTS', due_time from rights_request where answer is null
        union all
        select 'COMPLAINTS', due_time from complaint where finding is null
    ) as waiting
    group by list
"""
_TO_ANSWER: Final = """
    select count(*) as count, count(*) filter (where due_time <= $1) as overdue,
        count(*) filter (where due_time > $1 and due_time <= $1 + $2::interval) as due_soon,
        min(due_time) as first_due_time
    from recall where agency_id = $3 and acknowledged_time is null
"""
_NONE: Final = Waiting(0, 0, 0, None)


class PostgresWaiting:
    """Only counts; whoever asks has said before what is to be seen."""

    async def counts(
        self, tx: Transaction, now: datetime, soon: timedelta, without: Collection[str]
    ) -> Mapping[WaitingList, Waiting]:
        """By list, each of an officer's.

        Args:
            without: service types whose recalls are not the caller's to see.
        """
        rows = await tx.connection.fetch(_COUNTS, now, soon, tx.caller.agency_id, list(without))
        found = {WaitingList(row["list"]): _waiting(row) for row in rows}
        return {one: found.get(one, _NONE) for one in WaitingList if one is not WaitingList.RECALLS_TO_ANSWER}

    async def to_answer(self, tx: Transaction, now: datetime, soon: timedelta, agency_id: UUID) -> Waiting:
        """What the agency was given, is asked back, and has not said of."""
        return _waiting(await tx.connection.fetchrow(_TO_ANSWER, now, soon, agency_id))


def _waiting(row: Any) -> Waiting:
    return Waiting(row["count"], row["overdue"], row["due_soon"], row["first_due_time"])
