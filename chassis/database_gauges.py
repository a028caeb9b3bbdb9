"""Looks at the service's own tables every few seconds, for the figures that only they know."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg
import structlog

from chassis.measures import (
    consumer_position,
    dead_letters_open,
    logged_position,
    outbox_depth,
    publication_position,
)
from chassis.postgres import Database

EVERY_SECONDS: Final = 1.0

Look = Callable[[asyncpg.Connection], Awaitable[None]]
"""Reads what only one service knows, and sets its gauges."""

log = structlog.get_logger(__name__)


class DatabaseGauges:
    """Figures of one schema. `backlog` is what an admission limit goes by."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._source = database.schema
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
            row = await connection.fetchrow(
                "select (select count(*) from outbox) as waiting, logged_position, position from publication"
            )
            progress = await connection.fetch(
                "select consumer, source, topic, partition, position from consumer_progress"
            )
            letters = await connection.fetch(
                "select consumer, reason, count(*) filter (where redriven_time is null"
                " and discarded_time is null) as open from dead_letter group by consumer, reason"
            )
            for look in self.own:
                await look(connection)
        self.backlog = row["waiting"] + row["logged_position"] - row["position"]
        own = {"source": self._source}
        outbox_depth.set(row["waiting"], own)
        logged_position.set(row["logged_position"], own)
        publication_position.set(row["position"], own)
        for one in progress:
            place = {name: one[name] for name in ("consumer", "source", "topic", "partition")}
            consumer_position.set(one["position"], place)
        for one in letters:
            dead_letters_open.set(one["open"], {"consumer": one["consumer"], "reason": one["reason"]})
