"""A scratch schema with the chassis' tables and a stage per test on the session's broker; parts of a hub."""

import dataclasses
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from chassis.postgres import Database
from chassis.relay import Relay
from tests.fault.effects import TABLE
from tests.fault.hub import SCHEMAS, Hub, open_hub
from tests.fault.order import SCHEMA, SOURCE
from tests.fault.stage import Stage
from tests.integration.chassis.conftest import make_topic
from tests.integration.chassis.waiting import running
from tests.support.postgres import FreshDatabase, MakeDatabase
from tools.stack.broker import Broker
from tools.stack.postgres import PostgresServer

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def scratch_server(postgres_server: PostgresServer) -> PostgresServer:
    """The session's server, which also knows the scratch schema's logins."""
    logins = {(SCHEMA, "app"): "test-app", (SCHEMA, "worker"): "test-worker"}
    passwords = dataclasses.replace(
        postgres_server.passwords, schemas={**postgres_server.passwords.schemas, **logins}
    )
    return dataclasses.replace(postgres_server, passwords=passwords)


@pytest.fixture(scope="session")
def scratch_template(scratch_server: PostgresServer, worker_id: str) -> str:
    """A database with the chassis' tables and the one for effects."""
    name = f"template_{SCHEMA}_{worker_id}"
    scratch_server.create_database(name)
    scratch_server.prepare(SCHEMA, name)
    scratch_server.execute(TABLE, name)
    return name


@pytest.fixture
def stored(scratch_server: PostgresServer, scratch_template: str, worker_id: str) -> Iterator[FreshDatabase]:
    """A copy of it for one test."""
    name = f"{SCHEMA}_{worker_id}_{next(_NUMBERS)}"
    scratch_server.create_database(name, scratch_template)
    yield FreshDatabase(scratch_server, name, (SCHEMA,))
    scratch_server.drop_database(name)


@pytest_asyncio.fixture
async def database(stored: FreshDatabase) -> AsyncIterator[Database]:
    """The test's own way into it, for clients and for the account."""
    opened = await Database.open(stored.worker_url(), schema=SCHEMA)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def silent_stage(
    stored: FreshDatabase, database: Database, broker: Broker, tmp_path: Path
) -> AsyncIterator[Stage]:
    """A stage on which nobody relays yet."""
    stage = Stage(stored, database, broker.bootstrap, make_topic(broker.bootstrap), tmp_path)
    yield stage
    await stage.clear()


@pytest_asyncio.fixture
async def stage(silent_stage: Stage) -> AsyncIterator[Stage]:
    """A stage whose events are relayed."""
    relay = Relay(silent_stage.database, silent_stage.bootstrap, SOURCE, idempotence=False)
    async with running(relay.run()):
        yield silent_stage


@pytest_asyncio.fixture
async def hub(fresh_database: MakeDatabase, tmp_path: Path) -> AsyncIterator[Hub]:
    """A database and a broker of one test, behind wires."""
    async with open_hub(fresh_database(schemas=SCHEMAS), tmp_path) as opened:
        yield opened
