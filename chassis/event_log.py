"""The event log: outbox rows in one order without gaps, and how far they are published."""

from collections.abc import Sequence

import asyncpg

from chassis.publisher import LoggedEvent
from chassis.topics import key_bytes, partition_of

_WAITING = "select id, key from outbox order by id limit $1"

_MOVE = """
    with placed as (
        select * from unnest($1::bigint[], $2::integer[]) as placed (id, partition)
    ), taken as (
        delete from outbox using placed where outbox.id = placed.id
        returning outbox.*, placed.partition
    ), advanced as (
        update publication set logged_position = logged_position + (select count(*) from taken)
        returning logged_position
    )
    insert into event_log (position, event_id, topic, partition, key, aggregate_id, aggregate_version, type,
                           event_time, payload, traceparent, tracestate)
    select advanced.logged_position - (select count(*) from taken) + row_number() over (order by taken.id),
           event_id, topic, partition, key, aggregate_id, aggregate_version, type,
           event_time, payload, traceparent, tracestate
    from taken, advanced
    returning position, event_id, topic, partition, key, aggregate_id, type, event_time, payload,
              traceparent, tracestate
"""

_UNPUBLISHED = """
    select position, event_id, topic, partition, key, aggregate_id, type, event_time, payload,
           traceparent, tracestate
    from event_log where position > $1 order by position limit $2
"""

_OF_PARTITION = """
    select position, event_id, topic, partition, key, aggregate_id, type, event_time, payload,
           traceparent, tracestate
    from event_log where topic = $1 and partition = $2 and position > $3 order by position limit $4
"""

_ADVANCE = """
    update publication set position = greatest(position, $1)
    where set_config('synchronous_commit', 'off', true) is not null
"""
"""One round trip: the setting ends with the statement's own transaction."""


async def log_waiting_rows(connection: asyncpg.Connection, limit: int) -> list[LoggedEvent]:
    """Moves the oldest outbox rows into the event log; they get the next positions in one commit.

    Only the relay's leader may call this, on the connection that holds its lock. Within a key the order of
    ids is the order of commits, because whoever writes a key's events holds its aggregate's lock.
    """
    waiting = await connection.fetch(_WAITING, limit)
    if not waiting:
        return []
    moved = await connection.fetch(
        _MOVE,
        [row["id"] for row in waiting],
        [partition_of(key_bytes(row["key"])) for row in waiting],
    )
    return _logged(sorted(moved, key=lambda row: int(row["position"])))


async def unpublished(connection: asyncpg.Connection, limit: int) -> list[LoggedEvent]:
    """The first logged events that the broker has not acknowledged."""
    position = await connection.fetchval("select position from publication")
    return _logged(await connection.fetch(_UNPUBLISHED, position, limit))


async def events_of_partition(
    connection: asyncpg.Connection, topic: str, partition: int, after: int, limit: int
) -> list[LoggedEvent]:
    """Logged events of one partition behind a position, for sending them again."""
    return _logged(await connection.fetch(_OF_PARTITION, topic, partition, after, limit))


async def advance_publication(connection: asyncpg.Connection, position: int) -> None:
    """Remembers what the broker has. Not waited for on disk: losing it only sends some events twice."""
    await connection.execute(_ADVANCE, position)


def _logged(rows: Sequence[asyncpg.Record]) -> list[LoggedEvent]:
    return [LoggedEvent(**dict(row)) for row in rows]
