"""Looks at the service's own tables every few seconds, for the figures that only they know."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Final

import asyncpg
import structlog

from chassis.measures import (
    consumer_position,
    dead_letters_open,
    log_end_position,
    logged_position,
    outbox_age_seconds,
    outbox_depth,
    publication_position,
)
from chassis.operations import read_publication, read_reached
from chassis.postgres import Database
from chassis.topics import PARTITIONS, SOURCES

EVERY_SECONDS: Final = 1.0

# one look into the index for each place, however long the log is
_LOG_ENDS: Final = """
    select topic, partition, (select e.position from event_log e
                              where e.topic = own.topic and e.partition = places.partition
                              order by e.position desc limit 1) as position
    from unnest($1::text[]) as own (topic), generate_series(0, $2::integer - 1) as places (partition)
"""

Look = Callable[[asyncpg.Connection], Awaitable[None]]
"""Reads what only one service knows, and sets its gauges."""

log = structlog.get_logger(__name__)


class DatabaseGauges:
    """Figures of one schema. `backlog` is what an admission limit goes by."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._source = database.schema
        self._topics = [topic for topic, sources in SOURCES.items() if database.schema in sources]
        self.backlog = 0
        """Events that are committed and not yet acknowledged by the broker, as last seen."""
        self.own: list[Look] = []
        """What the service itself wants to have looked at: a few quick statements."""

    async def run(self) -> None:
        """Looks until it is cancelled; a database that is away is looked for again."""
        while True:
            try:
                await self.look()
            except Exception as error:
                log.warning("gauges_not_read", error=type(error).__name__)
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Reads the figures once."""
        async with self._database.pool.acquire(timeout=5) as connection:
            publication = await read_publication(connection)
            ends = await connection.fetch(_LOG_ENDS, self._topics, PARTITIONS)
            progress = await read_reached(connection)
            letters = await connection.fetch(
                "select consumer, reason, count(*) filter (where redriven_time is null"
                " and discarded_time is null) as open from dead_letter group by consumer, reason"
            )
            for look in self.own:
                await look(connection)
        self.backlog = publication.waiting_events
        own = {"source": self._source}
        outbox_depth.set(publication.outbox_events, own)
        outbox_age_seconds.set(publication.oldest_seconds, own)
        logged_position.set(publication.logged_position, own)
        publication_position.set(publication.published_position, own)
        for one in ends:
            if one["position"] is not None:
                place = own | {"topic": one["topic"], "partition": one["partition"]}
                log_end_position.set(one["position"], place)
        for reached in progress:
            place = asdict(reached)
            consumer_position.set(place.pop("position"), place)
        for one in letters:
            dead_letters_open.set(one["open"], {"consumer": one["consumer"], "reason": one["reason"]})
