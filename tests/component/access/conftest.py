"""All services, running, for the tests of this folder."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from kernel.ids import random_id
from tests.component.access.every_door import EveryDoor, every_door
from tests.support.postgres import FreshDatabase
from tools.stack.broker import Broker
from tools.stack.postgres import PostgresServer

SCHEMAS = ("intake", "referral", "notifications", "access", "audit")


@pytest.fixture(scope="module")
async def doors(
    postgres_server: PostgresServer,
    database_template: Callable[[tuple[str, ...]], str],
    broker: Broker,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[EveryDoor]:
    name = f"access_{random_id().hex}"
    postgres_server.create_database(name, database_template(SCHEMAS))
    folder: Path = tmp_path_factory.mktemp("doors")
    async with every_door(FreshDatabase(postgres_server, name, SCHEMAS), folder, broker.bootstrap) as opened:
        yield opened
    postgres_server.drop_database(name)
