"""A hub part by part: a database and a broker behind wires, services as processes that may break."""

import asyncio
import contextlib
import dataclasses
import itertools
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient

from chassis.postgres import Database
from chassis.relay import Relay
from tests.fault.order import environment
from tests.fault.processes import PATIENCE_SECONDS, Worker, start_worker
from tests.fault.runners import FETCH_WAIT_MILLISECONDS, SESSION_SECONDS
from tests.integration.chassis.assertions import key_file, make_signer
from tests.integration.chassis.waiting import until
from tests.support.hub_certificates import certificate_environment
from tests.support.postgres import FreshDatabase
from tools.stack.broker import Broker
from tools.stack.ports import free_port
from tools.stack.replay import replay
from tools.stack.topics import create_topics, forget_groups
from tools.storm.wire import Wire

SCHEMAS: Final = ("referral", "intake", "notifications", "audit")
READY: Final = b'"service_ready"'
LOSS_PATIENCE_SECONDS: Final = 1.0
"""As the supervisor does it: without a broker nothing can drain to it."""
_MEMBERS: Final = 5
"""Their place in Kafka's answer about a group."""
_NUMBERS = itertools.count(1)


@dataclass(slots=True)
class Hub:
    """What services of one test live on.

    Args:
        to_database: the way of a process that is started with `behind_wire`.
        to_broker: the way of everybody.
        intake_address: where a running intake answers, for services that ask it.
    """

    database: FreshDatabase
    broker: Broker
    to_database: Wire
    to_broker: Wire
    folder: Path
    intake_address: str = ""
    _workers: list[Worker] = field(default_factory=list)

    async def start(
        self, service: str, roles: str, *, fault_point: str = "", behind_wire: bool = True
    ) -> Worker:
        """Starts a process of the service; `ready` waits until it works."""
        number = next(_NUMBERS)
        log = self.folder / f"{service}-{number}.log"
        command = [sys.executable, "-P", "-m", "tests.fault.breakable", service, "--roles", roles]
        settings = environment(fault_point) | self._settings(service, behind_wire=behind_wire)
        worker = await start_worker(command, settings, log)
        self._workers.append(worker)
        return worker

    async def ready(self, worker: Worker) -> Worker:
        """Returns when the process says that it is ready: its partitions are assigned."""
        process, log = worker.process, worker.log
        await until(
            lambda: READY in log.read_bytes() or process.returncode is not None, within=PATIENCE_SECONDS
        )
        assert process.returncode is None, log.read_text()[-3000:]
        return worker

    async def members_of(self, consumer: str) -> int:
        """How many processes are in the consumer's group, as the broker knows it."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.broker.bootstrap)
        await admin.start()
        try:
            (answer,) = await admin.describe_consumer_groups([consumer])
            return len(answer.groups[0][_MEMBERS])
        finally:
            await admin.close()

    def _settings(self, service: str, *, behind_wire: bool) -> dict[str, str]:
        server = self.database.server
        if behind_wire:
            server = dataclasses.replace(server, port=self.to_database.port)
        files = {}
        for login in ("app", "worker"):
            files[login] = self.folder / f"{service}-{login}-{'wire' if behind_wire else 'direct'}.url"
            files[login].write_text(server.url(f"{service}_{login}", self.database.name))
        identity = key_file(self.folder, f"service:{service}")
        if not identity.exists():
            make_signer(self.folder, f"service:{service}")
        keys = self.folder / "assertion-keys.json"
        if not keys.exists():
            keys.write_text('{"keys": []}')
        prefix = f"KEM_{service.upper()}_"
        return {
            f"{prefix}DATABASE_URL_FILE": str(files["app"]),
            f"{prefix}WORKER_DATABASE_URL_FILE": str(files["worker"]),
            f"{prefix}IDENTITY_FILE": str(identity),
            **certificate_environment(service),
            "KEM_ASSERTION_KEYS_FILE": str(keys),
            "KEM_KEYS_DIR": str(self.folder / "keys"),
            "KEM_AUDIT_SIGNING_KEY_FILE": str(identity),
            "KEM_REFERRAL_GRPC_ADDRESS": f"127.0.0.1:{free_port()}",
            "KEM_INTAKE_GRPC_ADDRESS": self.intake_address or f"127.0.0.1:{free_port()}",
            # asked for by the settings, served by no role of these processes
            f"{prefix}GRPC_ADDRESS": f"127.0.0.1:{free_port()}",
            "KEM_KAFKA_BOOTSTRAP": self.broker.bootstrap,
            "KEM_KAFKA_IDEMPOTENCE": "false",
            "KEM_KAFKA_SESSION_SECONDS": str(SESSION_SECONDS),
            "KEM_KAFKA_FETCH_WAIT_MILLISECONDS": str(FETCH_WAIT_MILLISECONDS),
        }

    async def kill_broker(self) -> None:
        """It is gone, and with it everything that it held."""
        assert self.broker.process is not None
        self.broker.process.kill()
        await asyncio.to_thread(self.broker.stop)

    async def refill_broker(self) -> None:
        """It comes back empty and is filled, as the supervisor does it; nobody relays or reads meanwhile."""
        await asyncio.to_thread(self.broker.start)
        assert await asyncio.to_thread(create_topics, self.broker.bootstrap), "it should have been empty"
        await asyncio.to_thread(forget_groups, self.broker.bootstrap)
        urls = {schema: self.database.worker_url(schema) for schema in SCHEMAS}
        await replay(urls, self.broker.bootstrap)

    async def end(self) -> None:
        """Ends whatever still runs."""
        for worker in self._workers:
            if worker.process.returncode is None:
                worker.process.kill()
            await worker.process.wait()


@asynccontextmanager
async def open_hub(database: FreshDatabase, folder: Path) -> AsyncIterator[Hub]:
    """A broker of its own, with topics, and both wires."""
    port = free_port()
    to_database = Wire(lambda: f"127.0.0.1:{database.server.port}")
    to_broker = Wire(lambda: f"127.0.0.1:{port}")
    await to_database.open()
    await to_broker.open()
    broker = Broker(port, folder / "broker.log", advertised_port=to_broker.port)
    await asyncio.to_thread(broker.start)
    await asyncio.to_thread(create_topics, broker.bootstrap)
    hub = Hub(database, broker, to_database, to_broker, folder)
    try:
        yield hub
    finally:
        await hub.end()
        await to_broker.close()
        await to_database.close()
        await asyncio.to_thread(broker.stop)


class Source:
    """The relay of one schema in the test's own process; it may rest while the broker is filled."""

    def __init__(self, hub: Hub, database: Database, schema: str) -> None:
        self._hub, self._database, self._schema = hub, database, schema
        self._relaying: asyncio.Task[None] | None = None

    def start(self) -> None:
        relay = Relay(self._database, self._hub.broker.bootstrap, self._schema, idempotence=False)
        self._relaying = asyncio.create_task(relay.run())

    async def rest(self) -> None:
        """Ends it at once, as a kill would."""
        if self._relaying is not None:
            self._relaying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._relaying
            self._relaying = None
