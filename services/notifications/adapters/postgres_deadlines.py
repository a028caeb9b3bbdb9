"""Deadlines of what waits for officers, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg

from chassis.postgres import Transaction
from kernel.time import utc
from services.notifications.domain.deadline import Deadline, DeadlineFact, Subject

# An answer ends it for good, in whatever order the events come; a later time replaces an earlier one.
_KEEP: Final = """
    insert into deadline as d (subject_id, subject, due_time, next_time, answered_time)
    values ($1, $2, $3, $4, $5)
    on conflict (subject_id) do update set
        due_time = greatest(d.due_time, excluded.due_time),
        next_time = case
            when coalesce(d.answered_time, excluded.answered_time) is not null then null
            when excluded.due_time > d.due_time then excluded.next_time
            else d.next_time
        end,
        answered_time = coalesce(d.answered_time, excluded.answered_time)
"""

_FIRST: Final = """
    select clock_timestamp() as now, min(next_time) as due_time from deadline
    where next_time <= clock_timestamp()
"""

_TAKE: Final = """
    select subject_id, subject, due_time, next_time from deadline
    where next_time <= least($1, clock_timestamp()) order by next_time limit $2 for update skip locked
"""

_SAVE: Final = """
    update deadline d set next_time = told.next_time
    from unnest($1::uuid[], $2::timestamptz[]) as told (subject_id, next_time)
    where d.subject_id = told.subject_id
"""


class PostgresDeadlines:
    """The table `deadline`."""

    async def keep(self, tx: Transaction, facts: Sequence[DeadlineFact]) -> None:
        """Keeps what is known now, in the facts' order, by one round trip. Repeat-safe."""
        await tx.connection.executemany(
            _KEEP,
            [
                (
                    fact.subject_id,
                    fact.subject,
                    fact.due_time,
                    fact.next_time,
                    fact.event_time if fact.due_time is None else None,
                )
                for fact in facts
            ],
        )

    async def first_due(self, pool: asyncpg.Pool) -> tuple[datetime, datetime | None]:
        """What time it is, and since when something is to be told; None where nothing is."""
        row = await pool.fetchrow(_FIRST)
        due_time = row["due_time"]
        return utc(row["now"]), None if due_time is None else utc(due_time)

    async def take(self, tx: Transaction, until_time: datetime, limit: int) -> list[Deadline]:
        """Those of which something was to be told by then, locked; what others tell is left to them."""
        return [
            Deadline(Subject(row["subject"]), row["subject_id"], utc(row["due_time"]), utc(row["next_time"]))
            for row in await tx.connection.fetch(_TAKE, until_time, limit)
        ]

    async def save(self, tx: Transaction, deadlines: Sequence[Deadline]) -> None:
        """Writes when something is told next of locked ones, by one statement."""
        await tx.connection.execute(
            _SAVE, [one.subject_id for one in deadlines], [one.next_time for one in deadlines]
        )

    async def forget_before(self, tx: Transaction, time: datetime) -> None:
        """Deletes what was answered before `time`."""
        await tx.connection.execute("delete from deadline where answered_time < $1", time)
