"""How one service stands, read in its own schema: for its door, its gauges and the operator's commands.

A connection of whatever login sees the schema that is first on its search path.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

_REACHED: Final = """
    select consumer, source, topic, partition, position from consumer_progress
    order by consumer, topic, source, partition
"""
# one look into the index for each place, and then only what lies behind it, by positions alone: with
# their times, the rows would be walked through in the order of the log, whatever their topic
_UNREAD: Final = """
    select coalesce(ending.position, 0) as end_position, unread.count,
           coalesce(extract(epoch from clock_timestamp() - oldest.event_time), 0)::float8 as seconds_behind
    from unnest($1::text[], $2::integer[], $3::bigint[]) with ordinality
         as reached (topic, partition, position, place)
    left join lateral (
        select position from event_log
        where topic = reached.topic and partition = reached.partition order by position desc limit 1
    ) as ending on true
    cross join lateral (
        select count(*), min(position) as first from (
            select position from event_log
            where topic = reached.topic and partition = reached.partition and position > reached.position
            order by position limit $4::bigint
        ) as behind
    ) as unread
    left join event_log as oldest on oldest.position = unread.first
    order by reached.place
"""
_PUBLICATION: Final = """
    select (select count(*) from outbox) as outbox_events, logged_position, position as published_position,
           greatest(coalesce(extract(epoch from clock_timestamp() - least(
               (select event_time from outbox order by id limit 1),
               (select event_time from event_log where event_log.position = publication.position + 1)
           )), 0), 0)::float8 as oldest_seconds
    from publication
"""
_OPEN_LETTERS: Final = """
    select count(*) from dead_letter where redriven_time is null and discarded_time is null
"""


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a consumer has come with what one source tells on one partition.

    Args:
        position: in the source's log, of the last event that its commits cover; 0 before the first.
    """

    consumer: str
    source: str
    topic: str
    partition: int
    position: int


@dataclass(frozen=True, slots=True)
class Unread:
    """What lies behind a position in the log: how many events, and how old the oldest is.

    Args:
        end_position: of the last event of that topic and partition; 0 where there is none.
    """

    end_position: int
    count: int
    seconds_behind: float


@dataclass(frozen=True, slots=True)
class Publication:
    """What the service has to tell.

    Args:
        outbox_events: committed, and not in the log yet.
        published_position: up to which the broker has acknowledged the log.
        oldest_seconds: how long the oldest event waits that it has not; 0 where none does.
    """

    outbox_events: int
    logged_position: int
    published_position: int
    oldest_seconds: float

    @property
    def waiting_events(self) -> int:
        """Committed, and not acknowledged by the broker yet."""
        return self.outbox_events + self.logged_position - self.published_position


async def read_reached(connection: asyncpg.Connection) -> list[Reached]:
    """How far the service's own consumers have come, in whosever logs."""
    return [Reached(**row) for row in await connection.fetch(_REACHED)]


async def read_unread(
    connection: asyncpg.Connection, reached: Sequence[Reached], most: int | None = None
) -> list[Unread]:
    """What lies in the service's own log behind each of these positions, in their order.

    Args:
        reached: of consumers of whichever service, all with this one as their source.
        most: up to how many are counted in each place; without it all, however far a reader is behind.
    """
    if not reached:
        return []
    rows = await connection.fetch(
        _UNREAD,
        [one.topic for one in reached],
        [one.partition for one in reached],
        [one.position for one in reached],
        most,
    )
    return [Unread(**row) for row in rows]


async def read_publication(connection: asyncpg.Connection) -> Publication:
    """What the service has not told yet."""
    return Publication(**await connection.fetchrow(_PUBLICATION))


async def count_open_letters(connection: asyncpg.Connection) -> int:
    """Events that were set aside and that nobody has settled."""
    return int(await connection.fetchval(_OPEN_LETTERS))
