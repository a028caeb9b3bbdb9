"""One city for all tests at its doors: it takes seconds to start. Each test brings a person of its own."""

from collections.abc import AsyncIterator, Callable

import pytest

from kernel.ids import random_id
from tests.component.referral.city import City, open_city
from tests.support.postgres import FreshDatabase
from tools.stack.broker import Broker
from tools.stack.postgres import PostgresServer

SCHEMAS = ("intake", "referral")


@pytest.fixture(scope="session")
async def city(
    postgres_server: PostgresServer,
    database_template: Callable[[tuple[str, ...]], str],
    broker: Broker,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[City]:
    """Intake and referral at work, and everybody's channels open."""
    name = f"city_{random_id().hex}"
    postgres_server.create_database(name, database_template(SCHEMAS))
    database = FreshDatabase(postgres_server, name, SCHEMAS)
    async with open_city(database, tmp_path_factory.mktemp("city"), broker.bootstrap) as opened:
        yield opened
    postgres_server.drop_database(name)
