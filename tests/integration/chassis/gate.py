"""A gRPC door with certificates of its own authority, and whoever comes to it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
import pytest

from chassis.access_records import AccessRecord
from chassis.caller import AssertionSigner, Caller, CallerVerifier
from chassis.certificates import Holder
from chassis.grpc_client import channel
from chassis.grpc_server import GrpcServer
from chassis.peers import Peers
from chassis.remote_errors import remote_refusals
from chassis.tls import TlsFiles
from kem.notifications.v1.delivery_pb2 import INBOX_AGENCY
from kem.notifications.v1.inbox_service_pb2 import AcknowledgeRequest, ListDeliveriesRequest, SubscribeRequest
from kem.notifications.v1.inbox_service_pb2_grpc import InboxServiceStub, add_InboxServiceServicer_to_server
from kernel.errors import NotAuthenticated
from kernel.ids import random_id
from tests.integration.chassis.assertions import make_signer, write_keys
from tests.integration.chassis.inbox_servicer import ACCESS, TestInbox
from tools.certificates.authority import Authority
from tools.stack.layout import write_secret

AGENCY, OTHER_AGENCY = random_id(), random_id()
ASK = AcknowledgeRequest(inbox=INBOX_AGENCY, up_to_sequence=7)
LISTED = ListDeliveriesRequest(inbox=INBOX_AGENCY, after_sequence=5)
SUBSCRIBED = SubscribeRequest(inbox=INBOX_AGENCY)


class Gate:
    """A served test inbox, an authority of its own, and whatever somebody comes with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority.make(folder / "authority.key", folder / "authorities.pem")
        self.revoked = folder / "revoked.json"
        self.revoke()
        self.people = make_signer(folder, "desk")
        self.referral = make_signer(folder, "service:referral")
        self.own = self.files(Holder.of_service("notifications"))
        self.inbox = TestInbox()
        self.refusals: list[AccessRecord] = []
        self.server = GrpcServer(
            "127.0.0.1:0",
            self.own,
            Peers(self.revoked),
            CallerVerifier(write_keys(folder, self.people, self.referral)),
            ACCESS,
            [lambda server: add_InboxServiceServicer_to_server(self.inbox, server)],
            service="notifications",
            record_refusal=self._record,
        )
        self._channels: list[grpc.aio.Channel] = []

    async def _record(self, record: AccessRecord, caller: Caller) -> None:
        self.refusals.append(record)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    def files(
        self,
        holder: Holder,
        *,
        authority: Authority | None = None,
        lifetime: timedelta | None = None,
        name: str = "",
    ) -> TlsFiles:
        """A fresh certificate; under a name that is there it takes the place of an earlier one."""
        issued = (authority or self.authority).issue(holder, lifetime=lifetime)
        file = self.folder / f"{name or issued.certificate.serial}.pem"
        write_secret(file, (issued.key + issued.chain).decode())
        return TlsFiles(file, file, self.folder / "authorities.pem")

    def revoke(self, *files: TlsFiles) -> None:
        serials = [one.read_certificate().serial for one in files]
        write_secret(self.revoked, json.dumps({"serials": serials}))

    def member(self, files: TlsFiles, agency: UUID = AGENCY, **claims: Any) -> Any:
        """The inbox, for a member of an agency who comes over a certificate."""
        return self._stub(files, lambda: self.people.token(random_id(), agency, ["agency_member"], **claims))

    def service(self, files: TlsFiles, signer: AssertionSigner) -> Any:
        """The inbox, for a service that comes over a certificate."""
        return self._stub(files, signer.service_token)

    def _stub(self, files: TlsFiles, token: Any) -> Any:
        opened = channel(self.address, "notifications", None, files, token=token)
        self._channels.append(opened)
        return InboxServiceStub(opened)

    async def close(self) -> None:
        for opened in self._channels:
            await opened.close()
        await self.server.drain(0.1)


async def refusal_of(call: Any) -> str:
    """The reason with which a call was refused."""
    with pytest.raises(NotAuthenticated) as caught, remote_refusals():
        await call
    return caught.value.stable_reason


async def subscribed(member: Any) -> Any:
    """An open stream that has begun."""
    stream = member.Subscribe(SUBSCRIBED)
    for _ in range(3):
        await stream.read()
    return stream
