"""The notifications service as its own process, with a referral outbox to feed it and clients to ask it."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import grpc
from google.protobuf.message import Message

from chassis.caller import AssertionSigner, Caller
from chassis.events import OutgoingEvent
from chassis.postgres import Database
from chassis.tls import TlsFiles, secure_channel
from kem.notifications.v1 import delivery_pb2
from kem.notifications.v1 import inbox_service_pb2 as messages
from kem.notifications.v1.inbox_service_pb2_grpc import InboxServiceStub
from kem.notifications.v1.mail_service_pb2_grpc import MailServiceStub
from kernel.ids import ordered_id, random_id
from kernel.vocabulary import Role
from services.intake.adapters.event_codec import encode
from tests.integration.chassis.assertions import key_file
from tests.support.hub_certificates import certificate_environment, tools_files
from tests.support.postgres import FreshDatabase
from tests.support.referral_facts import outgoing
from tools.certificates.registry import Registry
from tools.stack.ports import free_port
from tools.stack.services import wait_serving

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_SECONDS = 20
AGENCY_INBOX, DESK_INBOX = delivery_pb2.INBOX_AGENCY, delivery_pb2.INBOX_DESK


@dataclass
class InboxHub:
    """Starts processes of the service and speaks to them."""

    files: FreshDatabase
    referral: Database
    bootstrap: str
    folder: Path
    signer: AssertionSigner
    identity: AssertionSigner
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    async def start(
        self, roles: str = "grpc,stream,relay,timers", **settings: str
    ) -> tuple[str, subprocess.Popen[bytes]]:
        """Starts one process and waits until it serves; answers its address."""
        address = f"127.0.0.1:{free_port()}"
        for name, url in (
            ("app", self.files.app_url("notifications")),
            ("worker", self.files.worker_url("notifications")),
        ):
            (self.folder / f"{name}.url").write_text(url)
        process = self._spawn(address, roles, settings)
        self.processes.append(process)
        await wait_serving(address, "notifications", tools_files())
        return address, process

    def _spawn(self, address: str, roles: str, settings: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self.folder / "service.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "services.notifications", "--roles", roles],
                env={
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}",
                    "KEM_NOTIFICATIONS_DATABASE_URL_FILE": str(self.folder / "app.url"),
                    "KEM_NOTIFICATIONS_WORKER_DATABASE_URL_FILE": str(self.folder / "worker.url"),
                    "KEM_NOTIFICATIONS_GRPC_ADDRESS": address,
                    "KEM_NOTIFICATIONS_IDENTITY_FILE": str(key_file(self.folder, "service:notifications")),
                    **certificate_environment("notifications"),
                    "KEM_REVOKED_CERTIFICATES_FILE": str(self.folder / "revoked.json"),
                    "KEM_KAFKA_BOOTSTRAP": self.bootstrap,
                    "KEM_KAFKA_IDEMPOTENCE": "false",
                    "KEM_ASSERTION_KEYS_FILE": str(self.folder / "assertion-keys.json"),
                    "KEM_NOTIFICATIONS_PUSH_NETWORKS": "127.0.0.0/8, ::1/128",
                    "KEM_NOTIFICATIONS_PUSH_DEADLINE_SECONDS": "3",
                    **settings,
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def certificates(self) -> Registry:
        """What `./kem certs` would write for the processes."""
        return Registry(
            self.folder / "certificates.jsonl", self.folder / "revoked.json", self.folder / "register.json"
        )

    def stop(self) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(PATIENCE_SECONDS)

    async def tell(
        self, *facts: Message, sender: UUID, referral_id: UUID | None = None
    ) -> list[OutgoingEvent]:
        """Puts facts into referral's outbox in one commit; its relay sends them."""
        events = [outgoing(fact, sender=sender, referral_id=referral_id) for fact in facts]
        async with self.referral.transaction(Caller.of_service("referral")) as tx:
            for event in events:
                tx.publish(event)
        return events

    async def tell_of_intake(self, *facts: object) -> None:
        """Puts facts of intake where they are sent from, as if they had happened now."""
        async with self.referral.transaction(Caller.of_service("intake")) as tx:
            now = await tx.now()
            for fact in facts:
                tx.publish(encode(fact, tx.caller, now, ordered_id()))

    def token(
        self, agency_id: UUID | None, *roles: Role, lifetime_seconds: int = 300
    ) -> tuple[tuple[str, str], ...]:
        token = self.signer.token(random_id(), agency_id, list(roles), lifetime_seconds=lifetime_seconds)
        return (("authorization", f"Bearer {token}"),)


class Client:
    """A member of an agency, on a connection of their own."""

    def __init__(
        self,
        hub: InboxHub,
        address: str,
        agency_id: UUID | None,
        role: Role = Role.AGENCY_MEMBER,
        files: TlsFiles | None = None,
    ) -> None:
        self.metadata = hub.token(agency_id, role)
        self._channel = secure_channel(
            address, "notifications", files or tools_files(), options=[("grpc.use_local_subchannel_pool", 1)]
        )
        self.inbox = InboxServiceStub(self._channel)
        self.mail = MailServiceStub(self._channel)

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._channel.close()

    async def subscribe(self, after: int = 0, inbox: delivery_pb2.Inbox.ValueType = AGENCY_INBOX) -> "Stream":
        """Opens a stream; answers when the server has said how far the inbox is."""
        call = self.inbox.Subscribe(
            messages.SubscribeRequest(inbox=inbox, after_sequence=after), metadata=self.metadata
        )
        stream = Stream(call)
        stream.last_sequence = (await stream.next()).last_sequence
        return stream

    async def acknowledge(self, up_to: int) -> int:
        answer = await self.inbox.Acknowledge(
            messages.AcknowledgeRequest(inbox=AGENCY_INBOX, up_to_sequence=up_to), metadata=self.metadata
        )
        return answer.acknowledged_sequence


class Stream:
    """An open stream, read by hand."""

    def __init__(
        self, call: "grpc.aio.UnaryStreamCall[messages.SubscribeRequest, messages.SubscribeResponse]"
    ) -> None:
        self.call = call
        self.last_sequence = -1
        self._answers: AsyncIterator[messages.SubscribeResponse] = call.__aiter__()

    async def next(self) -> messages.SubscribeResponse:
        """The next message, be it a sign of life."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._answers.__anext__()

    async def deliveries(self, count: int) -> list[delivery_pb2.Delivery]:
        """The next deliveries."""
        found: list[delivery_pb2.Delivery] = []
        while len(found) < count:
            answer = await self.next()
            if answer.HasField("delivery"):
                found.append(answer.delivery)
        return found

    async def sequences(self, count: int) -> list[int]:
        return [delivery.sequence for delivery in await self.deliveries(count)]


def kinds(deliveries: Sequence[delivery_pb2.Delivery]) -> list[str]:
    return [delivery.kind for delivery in deliveries]
