"""A migrated referral schema with three agencies; one database for all these tests, emptied before each."""

import os
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from tests.support.postgres import FreshDatabase
from tests.support.saved_directory import SavedDirectory, open_directory
from tools.stack.postgres import PostgresServer

_EMPTY = """
    do $$
    declare
        filled text;
    begin
        select string_agg(format('%I.%I', schemaname, tablename), ', ') into filled from pg_tables
        where schemaname = 'referral'
            and tablename <> all (array['schema_migrations', 'service_start_progress', 'response_policy',
                                        'publication']);
        execute 'truncate ' || filled;
    end
    $$
"""


@pytest.fixture(scope="session")
def shared_database(
    postgres_server: PostgresServer, database_template: Callable[[tuple[str, ...]], str]
) -> Iterator[FreshDatabase]:
    name = f"test_referral_directory_{os.getpid()}"
    postgres_server.create_database(name, database_template(("referral",)))
    yield FreshDatabase(postgres_server, name, ("referral",))
    postgres_server.drop_database(name)


@pytest.fixture
def fresh(shared_database: FreshDatabase) -> FreshDatabase:
    shared_database.execute(_EMPTY)
    return shared_database


@pytest.fixture
async def saved(fresh: FreshDatabase) -> AsyncIterator[SavedDirectory]:
    async with open_directory(fresh) as directory:
        yield directory
