"""One running access service for all tests of a file: each test opens accounts of its own."""

from collections.abc import AsyncIterator, Callable

import pytest

from chassis.tls import secure_channel
from tests.component.staff.access_service import SCHEMAS, AccessHub, Desk, running_access
from tests.support.hub_certificates import tools_files
from tools.stack.broker import Broker
from tools.stack.postgres import PostgresServer


@pytest.fixture(scope="module")
async def hub(
    postgres_server: PostgresServer,
    database_template: Callable[[tuple[str, ...]], str],
    broker: Broker,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[AccessHub]:
    folder = tmp_path_factory.mktemp("access")
    async with running_access(
        postgres_server, database_template(SCHEMAS), broker.bootstrap, folder
    ) as running:
        yield running


@pytest.fixture
async def desk(hub: AccessHub) -> AsyncIterator[Desk]:
    async with secure_channel(hub.address, "access", tools_files()) as channel:
        yield Desk(hub, channel)
