"""One city for all tests at its doors: it takes seconds to start. Each test brings a person of its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kem.directory.v1 import directory_service_pb2 as rpc
from kernel.ids import random_id
from tests.component.referral.city import City, open_city
from tests.component.referral.directory_door import DirectoryDoor, agency_message, open_door, request_id
from tests.support.postgres import FreshDatabase, MakeDatabase
from tools.stack.broker import Broker
from tools.stack.ports import free_port
from tools.stack.postgres import PostgresServer
from tools.stack.topics import create_topics

SCHEMAS = ("intake", "referral")


@pytest.fixture(scope="session")
async def city(
    postgres_server: PostgresServer,
    database_template: Callable[[tuple[str, ...]], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[City]:
    """Intake and referral at work, and everybody's channels open."""
    folder = tmp_path_factory.mktemp("city")
    async with _city_of_its_own(postgres_server, database_template, folder) as opened:
        yield opened


@pytest.fixture
async def empty_city(
    postgres_server: PostgresServer,
    database_template: Callable[[tuple[str, ...]], str],
    tmp_path: Path,
) -> AsyncIterator[City]:
    """Another one, with nobody in it: for what is counted over everybody."""
    async with _city_of_its_own(postgres_server, database_template, tmp_path) as opened:
        yield opened


@asynccontextmanager
async def _city_of_its_own(
    postgres_server: PostgresServer, database_template: Callable[[tuple[str, ...]], str], folder: Path
) -> AsyncIterator[City]:
    """The broker is the city's own: other tests start services that would take its partitions."""
    broker = Broker(free_port(), folder / "broker.log")
    broker.start()
    name = f"city_{random_id().hex}"
    postgres_server.create_database(name, database_template(SCHEMAS))
    try:
        create_topics(broker.bootstrap)
        async with open_city(
            FreshDatabase(postgres_server, name, SCHEMAS), folder, broker.bootstrap
        ) as opened:
            yield opened
    finally:
        postgres_server.drop_database(name)
        broker.stop()


@pytest.fixture
async def door(fresh_database: MakeDatabase, tmp_path: Path) -> AsyncIterator[DirectoryDoor]:
    """The directory with three agencies in it."""
    async with open_door(fresh_database(schemas=("referral",)), tmp_path) as opened:
        agencies = [agency_message(number) for number in (1, 2, 3)]
        request = rpc.SaveAgenciesRequest(request_id=request_id(), agencies=agencies)
        await opened.stub.SaveAgencies(request, metadata=opened.operator)
        yield opened
