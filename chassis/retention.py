"""Lets go of what the chassis keeps for a time only."""

from typing import Final

from chassis.postgres import Transaction

RETENTION_DAYS: Final = 30
MOST_ROWS: Final = 1000

_REQUESTS: Final = """
    delete from request where (principal_id, request_id) in (
        select principal_id, request_id from request
        where request_time < clock_timestamp() - make_interval(days => $1)
        limit $2 for update skip locked
    ) returning true
"""

_LETTERS: Final = """
    delete from dead_letter where id in (
        select id from dead_letter
        where (redriven_time is not null or discarded_time is not null)
          and coalesce(redriven_time, discarded_time) < clock_timestamp() - make_interval(days => $1)
        limit $2 for update skip locked
    ) returning true
"""


async def forget_old_rows(tx: Transaction) -> int:
    """Deletes answers to requests after 30 days, and dead letters 30 days after they were dealt with.

    A dead letter that nobody has dealt with stays: losing it would lose an event in silence. The inbox stays
    as long as the event log, which may be sent again from any position.
    """
    forgotten = 0
    for statement in (_REQUESTS, _LETTERS):
        forgotten += len(await tx.connection.fetch(statement, RETENTION_DAYS, MOST_ROWS))
    return forgotten
