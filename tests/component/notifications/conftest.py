"""One running service for all tests of this folder: each test takes agencies of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from chassis.postgres import Database
from chassis.relay import Relay
from kernel.ids import random_id
from tests.component.notifications.inbox_service import InboxHub
from tests.component.staff.access_service import AccessHub, running_access
from tests.integration.chassis.assertions import make_signer, write_keys
from tests.support.mailbox import Mailbox
from tests.support.postgres import FreshDatabase
from tools.stack.broker import Broker
from tools.stack.ports import free_port
from tools.stack.postgres import PostgresServer
from tools.stack.topics import create_topics


@pytest.fixture(scope="module")
async def hub(
    postgres_server: PostgresServer,
    database_template: Callable[[tuple[str, ...]], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[InboxHub]:
    """A database, a broker of its own, referral's relay, and no process yet."""
    folder = tmp_path_factory.mktemp("notifications")
    schemas = ("notifications", "referral")
    name = f"inbox_{random_id().hex}"
    postgres_server.create_database(name, database_template(schemas))
    files = FreshDatabase(postgres_server, name, schemas)
    broker = Broker(free_port(), folder / "broker.log")
    broker.start()
    create_topics(broker.bootstrap)
    referral = await Database.open(files.worker_url("referral"), schema="referral")
    relay = Relay(referral, broker.bootstrap, "referral", idempotence=False)
    relaying = asyncio.create_task(relay.run())
    signer, identity = make_signer(folder, "kem-up"), make_signer(folder, "service:notifications")
    write_keys(folder, signer, identity)
    one = InboxHub(files, referral, broker.bootstrap, folder, signer, identity)
    one.certificates.write_out()
    try:
        yield one
    finally:
        one.stop()
        relay.stop()
        await relaying
        await referral.close()
        broker.stop()
        postgres_server.drop_database(name)


@pytest.fixture(scope="module")
async def address(hub: InboxHub) -> str:
    """The address of a process with all roles."""
    return (await hub.start())[0]


@pytest.fixture(scope="module")
async def box(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mailbox]:
    one = Mailbox(tmp_path_factory.mktemp("mails")).start()
    yield one
    one.stop()


@pytest.fixture(scope="module")
async def access(
    hub: InboxHub,
    postgres_server: PostgresServer,
    database_template: Callable[[tuple[str, ...]], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[AccessHub]:
    """The service that knows whose accounts may be used; it believes whom the inbox's service believes."""
    folder, template = tmp_path_factory.mktemp("access"), database_template(("access",))
    keys = str(hub.folder / "assertion-keys.json")
    async with running_access(
        postgres_server, template, hub.bootstrap, folder, KEM_ASSERTION_KEYS_FILE=keys
    ) as running:
        yield running


@pytest.fixture(scope="module")
async def mailing(hub: InboxHub, box: Mailbox, access: AccessHub) -> str:
    """The address of a process that sends mails."""
    others = {
        "KEM_NOTIFICATIONS_CONSOLE_URL": "https://kem.example/",
        "KEM_ACCESS_GRPC_ADDRESS": access.address,
    }
    return (await hub.start("grpc,stream,relay,mail", **box.settings, **others))[0]
