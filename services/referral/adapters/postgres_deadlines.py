"""What is to be done and when: rows that remind a timer to look. A row decides nothing by itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import auto
from typing import Any, Final

from chassis.postgres import Transaction
from chassis.together import Writing
from kernel.codes import Code
from kernel.ids import AgencyId, OfferId, ReferralId, ServiceId, UnitId

END: Final = "END"
"""Detail of an OFFER row that stands for the end of the window; else `stage/questions asked before it`."""


class DeadlineKind(Code):
    """See the table's own words in migration 0124."""

    OFFER = auto()
    PERSON_CLOCK = auto()
    FIND_PROVIDER = auto()
    PLACE_FREED = auto()
    LOOK_AGAIN = auto()
    SERVICE_CLOSED = auto()
    AGREEMENT_ENDS = auto()
    REMATCH = auto()
    UNIT_CLOSED = auto()


@dataclass(frozen=True, slots=True)
class Deadline:
    """A row, on its way in or taken; `deadline_id` is 0 before it is written."""

    kind: DeadlineKind
    due_time: datetime
    referral_id: ReferralId | None = None
    offer_id: OfferId | None = None
    unit_id: UnitId | None = None
    service_id: ServiceId | None = None
    agency_id: AgencyId | None = None
    service_type: str | None = None
    detail: str = ""
    tries: int = 0
    deadline_id: int = 0


_ADD = """
    insert into deadline (
        kind, due_time, referral_id, offer_id, unit_id, service_id, agency_id, service_type, detail
    )
    select * from unnest($1::text[], $2::timestamptz[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[],
                         $7::uuid[], $8::text[], $9::text[])
"""
_TAKE = """
    with first as materialized (
        -- the clock is read once, so that the index serves
        select kind from deadline where due_time <= (select clock_timestamp())
        order by due_time, kind, deadline_id limit 1 for update skip locked
    )
    delete from deadline where deadline_id = any(array(
        select deadline_id from deadline
        where due_time <= (select clock_timestamp()) and kind = (select kind from first)
        order by due_time, kind, deadline_id limit $1 for update skip locked
    ))
    returning deadline_id, kind, due_time, referral_id, offer_id, unit_id, service_id, agency_id,
        service_type, detail, tries
"""
_PEEK = """
    with first as materialized (
        select kind from deadline where due_time <= (select clock_timestamp())
        order by due_time, kind, deadline_id limit 1
    )
    select deadline_id, kind, due_time, referral_id, offer_id, unit_id, service_id, agency_id, service_type,
        detail, tries
    from deadline
    where due_time <= (select clock_timestamp()) and kind = (select kind from first)
    order by due_time, kind, deadline_id limit $1
"""
_PUT_BACK = """
    insert into deadline (kind, due_time, referral_id, offer_id, unit_id, service_id, agency_id, service_type,
                          detail, tries)
    values ($1, clock_timestamp() + $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
# a row that a timer holds just now is left to it: it will find that nothing is due any more
_DROP = """
    delete from deadline where deadline_id = any(array(
        select deadline_id from deadline
        where referral_id = any($1::uuid[]) and kind = any($2::text[]) for update skip locked
    ))
"""


class PostgresDeadlines:
    """Writes and takes deadlines. Calls never wait for a row that a timer holds: no deadlock."""

    async def add(self, tx: Writing, deadlines: Sequence[Deadline]) -> None:
        """Writes the rows by one statement."""
        if not deadlines:
            return
        await tx.connection.execute(
            _ADD,
            [one.kind.value for one in deadlines],
            [one.due_time for one in deadlines],
            [one.referral_id for one in deadlines],
            [one.offer_id for one in deadlines],
            [one.unit_id for one in deadlines],
            [one.service_id for one in deadlines],
            [one.agency_id for one in deadlines],
            [one.service_type for one in deadlines],
            [one.detail for one in deadlines],
        )

    async def take_due(self, tx: Transaction, limit: int = 100) -> list[Deadline]:
        """Takes due rows that nobody else holds, the earliest first; they are gone when `tx` commits.

        All are of one kind, so that a transaction of a timer locks units of capacity in one order only.
        """
        rows = await tx.connection.fetch(_TAKE, limit)
        taken = [_deadline(dict(row)) for row in rows]
        return sorted(taken, key=lambda one: (one.due_time, one.deadline_id))

    async def next_due(self, tx: Transaction, limit: int = 100) -> list[Deadline]:
        """What `take_due` would most likely take now; takes and locks nothing."""
        rows = await tx.connection.fetch(_PEEK, limit)
        return [_deadline(dict(row)) for row in rows]

    async def put_back(self, tx: Transaction, deadline: Deadline, delay: timedelta, tries: int) -> None:
        """Looks again later: somebody held the referral, or something failed."""
        await tx.connection.execute(
            _PUT_BACK,
            deadline.kind.value,
            delay,
            deadline.referral_id,
            deadline.offer_id,
            deadline.unit_id,
            deadline.service_id,
            deadline.agency_id,
            deadline.service_type,
            deadline.detail,
            tries,
        )

    async def drop(
        self, tx: Writing, referral_ids: Iterable[ReferralId], kinds: Iterable[DeadlineKind]
    ) -> None:
        """Takes rows away that have become idle. Only tidiness: a row that stays would find nothing to do."""
        await tx.connection.execute(_DROP, list(referral_ids), [kind.value for kind in kinds])

    async def places_freed(self, tx: Writing, unit_ids: Iterable[UnitId], now: datetime) -> None:
        """After a release or a declaration: the waiting lists of these units are looked at."""
        await self.add(tx, [Deadline(DeadlineKind.PLACE_FREED, now, unit_id=one) for one in set(unit_ids)])

    async def units_close(self, tx: Transaction, ends: Iterable[tuple[UnitId, datetime]]) -> None:
        """When a unit ends, its open offers are revoked and its waiters matched again."""
        await self.add(tx, [Deadline(DeadlineKind.UNIT_CLOSED, end, unit_id=one) for one, end in ends])

    async def directory_changed(self, tx: Transaction, service_types: Iterable[str], now: datetime) -> None:
        """What waits or has found nobody for these types is matched again."""
        await self.add(
            tx,
            [
                Deadline(DeadlineKind.REMATCH, now, service_type=one, detail="DIRECTORY_CHANGED")
                for one in set(service_types)
            ],
        )

    async def service_closed(
        self, tx: Transaction, service_id: ServiceId, now: datetime, cause: str = "SERVICE_SUSPENDED"
    ) -> None:
        """Open offers of the service are revoked and its waiters matched again."""
        await self.add(tx, [Deadline(DeadlineKind.SERVICE_CLOSED, now, service_id=service_id, detail=cause)])


def _deadline(row: dict[str, Any]) -> Deadline:
    """Columns have the fields' names."""
    return Deadline(**{**row, "kind": DeadlineKind(row["kind"])})
