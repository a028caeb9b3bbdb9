"""One running access service for all tests of this folder: each test opens accounts of its own."""

import base64
import os
from collections.abc import AsyncIterator, Callable

import pytest

from chassis.tls import secure_channel
from kernel.ids import random_id
from tests.component.staff.access_service import AccessHub, Desk
from tests.integration.chassis.assertions import make_signer, write_keys
from tests.support.hub_certificates import tools_files
from tests.support.postgres import FreshDatabase
from tools.stack.broker import Broker
from tools.stack.postgres import PostgresServer

SCHEMAS = ("access",)


@pytest.fixture(scope="module")
async def hub(
    postgres_server: PostgresServer,
    database_template: Callable[[tuple[str, ...]], str],
    broker: Broker,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[AccessHub]:
    folder = tmp_path_factory.mktemp("access")
    name = f"staff_{random_id().hex}"
    postgres_server.create_database(name, database_template(SCHEMAS))
    operator, issuer, _ = (make_signer(folder, one) for one in ("kem-up", "kem-access", "service:access"))
    write_keys(folder, operator, issuer)
    (folder / "closed-accounts").touch()
    (folder / "sign-in.key").write_bytes(base64.b64encode(os.urandom(32)))
    one = AccessHub(FreshDatabase(postgres_server, name, SCHEMAS), broker.bootstrap, folder, operator)
    await one.start()
    try:
        yield one
    finally:
        assert one.stop() == 0
        postgres_server.drop_database(name)


@pytest.fixture
async def desk(hub: AccessHub) -> AsyncIterator[Desk]:
    async with secure_channel(hub.address, "access", tools_files()) as channel:
        yield Desk(hub, channel)
