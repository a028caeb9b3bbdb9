"""A hub's tables for a history to be replayed into."""

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from tests.support.postgres import FreshDatabase, MakeDatabase

SCHEMAS = ("referral", "intake", "notifications", "access")


@pytest_asyncio.fixture
async def fresh(fresh_database: MakeDatabase) -> FreshDatabase:
    return fresh_database(schemas=SCHEMAS)


@pytest_asyncio.fixture
async def everything(fresh: FreshDatabase) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's connection: reads and plants whatever a test needs."""
    connection = await asyncpg.connect(fresh.superuser_url)
    yield connection
    await connection.close()
