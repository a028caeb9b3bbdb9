"""The audit service as its own process on a ledger that a test fills, and callers at its door."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.caller import SECOND_FACTOR, AssertionSigner
from chassis.events import IncomingEvent
from chassis.postgres import Database
from chassis.tls import secure_channel
from kem.audit.v1 import audit_service_pb2 as messages
from kem.audit.v1.audit_service_pb2_grpc import AuditServiceStub
from kernel.ids import random_id
from kernel.vocabulary import Role
from services.audit.adapters.event_codec import encode_event
from services.audit.adapters.postgres_ledger import PostgresLedger
from services.audit.entrypoints.translate_events import told
from services.audit.use_cases.append_entries import append_entries
from tests.integration.audit.ledgers import SERVICE
from tests.integration.chassis.assertions import key_file
from tests.integration.chassis.waiting import until
from tests.support.hub_certificates import certificate_environment, tools_files
from tests.support.postgres import FreshDatabase
from tools.partner.calls import Refused, why
from tools.stack.ports import free_port
from tools.stack.services import wait_serving

if TYPE_CHECKING:
    from kem.audit.v1.audit_service_pb2_grpc import AuditServiceAsyncStub

ROOT = Path(__file__).resolve().parents[3]
SCHEMAS = ("audit",)
PATIENCE_SECONDS = 20.0


@dataclass
class AuditHub:
    """Starts a process of the service on a database, and calls it."""

    folder: Path
    people: AssertionSigner
    settings: dict[str, str] = field(default_factory=dict)
    """Beside those that every test has."""
    address: str = field(default_factory=lambda: f"127.0.0.1:{free_port()}")
    files: FreshDatabase = field(init=False)
    database: Database = field(init=False)
    stub: "AuditServiceAsyncStub" = field(init=False)
    _process: "subprocess.Popen[bytes] | None" = None
    _channel: grpc.aio.Channel | None = None

    async def start(self, files: FreshDatabase) -> None:
        """Starts it on this database and waits until it serves."""
        self.files = files
        for name, url in (("app", files.app_url("audit")), ("worker", files.worker_url("audit"))):
            (self.folder / f"{name}.url").write_text(url)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}",
            "KEM_AUDIT_DATABASE_URL_FILE": str(self.folder / "app.url"),
            "KEM_AUDIT_WORKER_DATABASE_URL_FILE": str(self.folder / "worker.url"),
            "KEM_AUDIT_GRPC_ADDRESS": self.address,
            "KEM_AUDIT_IDENTITY_FILE": str(key_file(self.folder, "service:audit")),
            "KEM_AUDIT_SIGNING_KEY_FILE": str(key_file(self.folder, "ledger")),
            "KEM_AUDIT_CHECKPOINT_ENTRIES": "1",
            "KEM_KAFKA_BOOTSTRAP": "127.0.0.1:1",
            "KEM_ASSERTION_KEYS_FILE": str(self.folder / "assertion-keys.json"),
            **certificate_environment("audit"),
            **self.settings,
        }
        self._process = self._spawn(environment)
        await wait_serving(self.address, "audit", tools_files())
        self.database = await Database.open(files.worker_url("audit"), schema="audit", codec=encode_event)
        self._channel = secure_channel(self.address, "audit", tools_files())
        self.stub = AuditServiceStub(self._channel)

    def _spawn(self, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-P", "-m", "services.audit", "--roles", "grpc,timers"]
        with (self.folder / "audit.log").open("ab") as log:
            return subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)

    async def stop(self) -> None:
        """Ends it in order."""
        if self._process is None:
            return
        assert self._channel is not None
        await self._channel.close()
        await self.database.close()
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(20) == 0
        self._process = None

    async def enter(self, coming: Sequence[IncomingEvent]) -> None:
        """Enters these events, as the stream would."""
        async with self.database.transaction(SERVICE) as tx:
            assert await append_entries(coming, told, tx, PostgresLedger()) == len(coming)

    def caller(
        self, role: Role = Role.AUDITOR, agency_id: UUID | None = None, principal_id: UUID | None = None
    ) -> tuple[tuple[str, str], ...]:
        """Metadata of somebody with a second factor."""
        token = self.people.token(principal_id or random_id(), agency_id, [role], acr=SECOND_FACTOR)
        return (("authorization", f"Bearer {token}"),)

    async def ask(self, method: Callable[..., Awaitable[Any]], request: Any) -> Any:
        """One call as an agency's member makes it at a terminal."""
        caller = self.caller(Role.AGENCY_MEMBER, random_id())
        try:
            return await method(request, metadata=caller, timeout=PATIENCE_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise Refused(why(error)[0], error.details() or "") from None

    async def listed(self, **wanted: Any) -> list[dict[str, Any]]:
        """The bodies of entries, at most 500."""
        request = messages.ListEntriesRequest(page_size=500, **wanted)
        answer = await self.stub.ListEntries(request, metadata=self.caller())
        return [json.loads(entry.body) for entry in answer.entries]

    async def checkpoint(self) -> messages.GetCheckpointResponse:
        """The newest one."""
        return await self.stub.GetCheckpoint(messages.GetCheckpointRequest(), metadata=self.caller())


async def until_signed(hub: AuditHub, size: int) -> messages.GetCheckpointResponse:
    """The newest checkpoint once it stands for so many entries."""
    found: list[messages.GetCheckpointResponse] = []

    async def is_signed() -> bool:
        try:
            found.append(await hub.checkpoint())
        except grpc.aio.AioRpcError:
            return False
        return found[-1].size >= size

    await until(is_signed)
    return found[-1]


def page_time(body: dict[str, Any]) -> Timestamp:
    stamp = Timestamp()
    stamp.FromJsonString(body["recorded_time"])
    return stamp
