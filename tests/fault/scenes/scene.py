"""What all scenes have in common, and how one is opened."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import asyncpg

from chassis.postgres import Database
from tests.fault.hub import Hub, Source


class Scene:
    """What all have in common.

    Args:
        service: whose process breaks.
        source: the relay that brings the events, in the test's own process.
    """

    service: str
    consumer: str

    def __init__(self, hub: Hub, source: Source, read: asyncpg.Connection) -> None:
        self.hub = hub
        self.source = source
        self._read = read

    async def tell(self) -> None:
        """Tells one more round; returns when it is acknowledged."""
        raise NotImplementedError

    @property
    def told(self) -> int:
        """How many effects the acknowledged rounds must have."""
        raise NotImplementedError

    async def acted(self) -> int:
        """How many of them are there."""
        raise NotImplementedError

    async def has_acted(self) -> bool:
        """Whether everything that was told has had its effect."""
        return await self.acted() >= self.told

    async def complaints(self) -> list[str]:
        """What is lost, doubled, out of order or set aside, in words; empty when all is well."""
        letters = await self._read.fetch(
            f"select event_id, reason from {self.service}.dead_letter where redriven_time is null"
        )
        return [f"set aside: {row['event_id']} {row['reason']}" for row in letters]


OpenScene = Callable[[Hub], AbstractAsyncContextManager[Scene]]
Make = Callable[[AsyncExitStack, Hub, Source, asyncpg.Connection, Database], Awaitable[Scene]]


@asynccontextmanager
async def opened(hub: Hub, schema: str, make: Make) -> AsyncIterator[Scene]:
    """A scene whose events come from the outbox of `schema`."""
    async with AsyncExitStack() as stack:
        database = await Database.open(hub.database.worker_url(schema), schema=schema)
        stack.push_async_callback(database.close)
        read = await asyncpg.connect(hub.database.superuser_url)
        stack.push_async_callback(read.close)
        source = Source(hub, database, schema)
        stack.push_async_callback(source.rest)
        yield await make(stack, hub, source, read, database)
