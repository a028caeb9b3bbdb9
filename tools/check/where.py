"""Where the databases of this folder's stack are, for those who only read."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from tools.stack.failure import NotRunning, StackFailure
from tools.stack.layout import DATA, Layout

_SCHEMAS = "select schemaname from pg_tables where tablename = $1 order by schemaname"
_SESSION = {"jit": "off", "work_mem": "64MB"}


def check_url() -> str:
    """The URL of the login that reads everything and writes nothing.

    Raises:
        NotRunning: nothing was ever started here.
    """
    layout = Layout(DATA)
    try:
        json.loads(layout.run_file.read_text())
        return layout.url_file("check").read_text().strip()
    except (OSError, ValueError):
        raise NotRunning from None


async def schemas_with(connection: asyncpg.Connection, table: str) -> list[str]:
    """The schemas of services that have such a table, by name."""
    rows = await connection.fetch(_SCHEMAS, table)
    return [row["schemaname"] for row in rows]


async def look_into(connection: asyncpg.Connection, schema: str) -> None:
    """Until the transaction ends, names without a schema mean this one's; a service sees its own so."""
    await connection.execute("select set_config('search_path', quote_ident($1), true)", schema)


@asynccontextmanager
async def one_instant(url: str) -> AsyncIterator[asyncpg.Connection]:
    """All schemas as they are at one instant: a transaction in which no commit comes in between.

    Raises:
        StackFailure: the database does not answer.
    """
    try:
        connection = await asyncpg.connect(url, server_settings=_SESSION)
    except (OSError, asyncpg.PostgresError) as error:
        raise StackFailure(
            f"The database does not answer ({type(error).__name__}); is ./kem up running?", 3
        ) from None
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection
    finally:
        await connection.close(timeout=5)
