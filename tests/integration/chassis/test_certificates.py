"""Who gets through the gRPC door at all, and for whom they may speak: real handshakes, real calls."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
import pytest
import pytest_asyncio
from cryptography import x509
from structlog.testing import capture_logs

from chassis.access_records import AccessRecord
from chassis.caller import AssertionSigner, Caller, CallerVerifier
from chassis.certificates import TOOLS, Holder
from chassis.grpc_client import channel
from chassis.grpc_server import GrpcServer
from chassis.peers import Peers
from chassis.remote_errors import remote_refusals
from chassis.tls import TlsFiles, secure_channel
from kem.notifications.v1.delivery_pb2 import INBOX_AGENCY
from kem.notifications.v1.inbox_service_pb2 import (
    AcknowledgeRequest,
    ListDeliveriesRequest,
    SubscribeRequest,
)
from kem.notifications.v1.inbox_service_pb2_grpc import InboxServiceStub, add_InboxServiceServicer_to_server
from kernel.errors import NotAuthenticated, NotPermitted, Unavailable
from kernel.ids import random_id
from tests.integration.chassis.assertions import make_signer, write_keys
from tests.integration.chassis.inbox_servicer import ACCESS, TestInbox
from tests.integration.chassis.waiting import until
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


@pytest_asyncio.fixture
async def gate(tmp_path: Path) -> AsyncIterator[Gate]:
    one = Gate(tmp_path)
    await one.server.start()
    await one.server.set_serving(True)
    yield one
    await one.close()


async def refusal_of(call: Any) -> str:
    """The reason with which a call was refused."""
    with pytest.raises(NotAuthenticated) as caught, remote_refusals():
        await call
    return caught.value.stable_reason


async def test_an_agency_comes_over_its_own_certificate(gate: Gate) -> None:
    own = gate.files(Holder.of_agency(AGENCY))
    assert (await gate.member(own).Acknowledge(ASK)).acknowledged_sequence == 7
    assert await refusal_of(gate.member(own, OTHER_AGENCY).Acknowledge(ASK)) == "CERTIFICATE_MISMATCH"
    assert len(gate.inbox.callers) == 1


async def test_the_console_and_the_tools_bring_people_and_no_other_service_does(gate: Gate) -> None:
    for holder in (TOOLS, Holder.of_service("console")):
        assert (await gate.member(gate.files(holder)).Acknowledge(ASK)).acknowledged_sequence == 7
    referral = gate.files(Holder.of_service("referral"))
    assert await refusal_of(gate.member(referral).Acknowledge(ASK)) == "CERTIFICATE_MISMATCH"


async def test_staff_without_an_agency_never_come_over_an_agency_s_certificate(gate: Gate) -> None:
    own = gate.files(Holder.of_agency(AGENCY))
    opened = channel(
        gate.address, "notifications", None, own, token=lambda: gate.people.token(random_id(), None, ["dpo"])
    )
    async with opened:
        assert await refusal_of(InboxServiceStub(opened).Acknowledge(ASK)) == "CERTIFICATE_MISMATCH"


async def test_a_service_s_word_counts_over_that_service_s_certificate_only(gate: Gate) -> None:
    own = gate.files(Holder.of_service("referral"))
    assert (await gate.service(own, gate.referral).ListDeliveries(LISTED)).last_sequence == 5
    for holder in (Holder.of_service("intake"), TOOLS, Holder.of_agency(AGENCY)):
        call = gate.service(gate.files(holder), gate.referral).ListDeliveries(LISTED)
        assert await refusal_of(call) == "CERTIFICATE_MISMATCH"


async def test_an_assertion_that_is_bound_to_a_certificate_is_worth_nothing_over_another(gate: Gate) -> None:
    own, another = gate.files(Holder.of_agency(AGENCY)), gate.files(Holder.of_agency(AGENCY))
    bound = own.read_certificate().thumbprint
    answer = await gate.member(own, certificate_thumbprint=bound).Acknowledge(ASK)
    assert answer.acknowledged_sequence == 7
    assert gate.refusals == []
    call = gate.member(another, certificate_thumbprint=bound).Acknowledge(ASK)
    assert await refusal_of(call) == "CERTIFICATE_MISMATCH"
    call = gate.member(another, certificate_thumbprint=bound).Subscribe(SUBSCRIBED)
    assert await refusal_of(call.read()) == "CERTIFICATE_MISMATCH"
    told = [(record.method.rpartition("/")[2], record.refusal_reason) for record in gate.refusals]
    assert told == [("Acknowledge", "CERTIFICATE_MISMATCH"), ("Subscribe", "CERTIFICATE_MISMATCH")]


async def test_nobody_gets_in_without_a_certificate_in_force_of_this_hub(gate: Gate) -> None:
    foreign = Authority.make(gate.folder / "foreign.key", gate.folder / "foreign.pem")
    for files in (
        gate.files(Holder.of_agency(AGENCY), authority=foreign),
        gate.files(Holder.of_agency(AGENCY), lifetime=timedelta(seconds=-1)),
    ):
        with pytest.raises(Unavailable), remote_refusals():
            await gate.member(files).Acknowledge(ASK)
    roots = (gate.folder / "authorities.pem").read_bytes()
    without = grpc.aio.secure_channel(gate.address, grpc.ssl_channel_credentials(roots))
    plain = grpc.aio.insecure_channel(gate.address)
    token = gate.people.token(random_id(), AGENCY, ["agency_member"])
    metadata = (("authorization", f"Bearer {token}"),)
    for opened in (without, plain):
        async with opened:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await InboxServiceStub(opened).Acknowledge(ASK, metadata=metadata)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert gate.inbox.callers == []


async def test_a_client_speaks_to_nobody_but_the_hub(gate: Gate, tmp_path: Path) -> None:
    foreign = Authority.make(tmp_path / "foreign.key", tmp_path / "foreign.pem")
    own = gate.files(Holder.of_agency(AGENCY))
    files = TlsFiles(own.key, own.certificate, tmp_path / "foreign.pem")
    assert foreign.pem == files.authorities.read_bytes()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gate.member(files).Acknowledge(ASK)
    assert "CERTIFICATE_VERIFY_FAILED" in (caught.value.details() or "")


async def test_an_agency_s_certificate_cannot_stand_in_for_a_service(gate: Gate, tmp_path: Path) -> None:
    thief = gate.files(Holder.of_agency(AGENCY))
    server = GrpcServer(
        "127.0.0.1:0", thief, Peers(gate.revoked), CallerVerifier(tmp_path / "assertion-keys.json"), {}, [],
        service="notifications",
    )  # fmt: skip
    await server.start()
    try:
        async with secure_channel(f"127.0.0.1:{server.port}", "notifications", gate.files(TOOLS)) as opened:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await InboxServiceStub(opened).Acknowledge(ASK)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    finally:
        await server.drain(0.1)


async def test_a_revoked_certificate_ends_calls_at_once_and_streams_within_seconds(gate: Gate) -> None:
    lost, kept = gate.files(Holder.of_agency(AGENCY)), gate.files(Holder.of_agency(AGENCY))
    member, colleague = gate.member(lost), gate.member(kept)
    stream, other_stream = await _subscribed(member), await _subscribed(colleague)
    gate.revoke(lost)
    assert await refusal_of(member.Acknowledge(ASK)) == "CERTIFICATE_REVOKED"
    async with asyncio.timeout(5):
        assert await refusal_of(stream.read()) == "CERTIFICATE_REVOKED"
    assert (await colleague.Acknowledge(ASK)).acknowledged_sequence == 7
    assert not other_stream.done()
    other_stream.cancel()


async def test_a_certificate_that_ends_during_a_connection_ends_calls_and_streams(gate: Gate) -> None:
    short = gate.files(Holder.of_agency(AGENCY), lifetime=timedelta(seconds=2))
    member = gate.member(short)
    stream = await _subscribed(member)
    async with asyncio.timeout(8):
        assert await refusal_of(stream.read()) == "CERTIFICATE_EXPIRED"
    assert await refusal_of(member.Acknowledge(ASK)) == "CERTIFICATE_EXPIRED"


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[]", b'{"serials": [1]}', b'{"serials": "ab"}'])
async def test_a_list_of_revoked_certificates_that_cannot_be_read_lets_nobody_in_and_nobody_stay(
    gate: Gate, content: bytes | None
) -> None:
    lost = gate.files(Holder.of_agency(AGENCY))
    member = gate.member(lost)
    stream = await _subscribed(member)
    gate.revoked.unlink() if content is None else gate.revoked.write_bytes(content)
    with pytest.raises(Unavailable), remote_refusals():
        await member.Acknowledge(ASK)
    async with asyncio.timeout(5):
        with pytest.raises(Unavailable), remote_refusals():
            await stream.read()
    assert gate.inbox.callers == []
    gate.revoke()
    assert (await member.Acknowledge(ASK)).acknowledged_sequence == 7
    again = await _subscribed(member)
    gate.revoke(lost)
    async with asyncio.timeout(5):
        assert await refusal_of(again.read()) == "CERTIFICATE_REVOKED"


async def test_streams_of_a_revoked_certificate_end_also_where_the_own_one_cannot_be_read(gate: Gate) -> None:
    lost = gate.files(Holder.of_agency(AGENCY))
    stream = await _subscribed(gate.member(lost))
    with capture_logs() as logs:
        gate.own.certificate.unlink()
        await until(lambda: "certificate_not_read" in [line["event"] for line in logs])
    gate.revoke(lost)
    async with asyncio.timeout(5):
        assert await refusal_of(stream.read()) == "CERTIFICATE_REVOKED"


async def test_a_server_takes_its_renewed_certificate_without_a_restart(gate: Gate) -> None:
    client = gate.files(Holder.of_agency(AGENCY))
    stream = await _subscribed(gate.member(client))
    host, _, port = gate.address.rpartition(":")
    before = await _serial_shown(host, int(port), client)
    assert before == gate.own.read_certificate().serial
    gate.files(Holder.of_service("notifications"), name=gate.own.certificate.stem)
    after = await _serial_shown(host, int(port), client)
    assert after == gate.own.read_certificate().serial != before
    assert not stream.done(), "who is connected stays so"
    stream.cancel()


async def test_files_that_do_not_fit_leave_a_server_with_the_certificate_that_it_has(gate: Gate) -> None:
    client = gate.files(Holder.of_agency(AGENCY))
    host, _, port = gate.address.rpartition(":")
    good = gate.own.certificate.read_bytes()
    before = gate.own.read_certificate().serial
    other = gate.files(Holder.of_service("notifications")).certificate.read_bytes()
    key_of_another = other[: other.index(b"-----BEGIN CERT")] + good[good.index(b"-----BEGIN CERT") :]
    for content in (good[: len(good) // 2], key_of_another, b""):
        gate.own.certificate.write_bytes(content)
        assert await _serial_shown(host, int(port), client) == before
    gate.own.certificate.write_bytes(other)
    assert await _serial_shown(host, int(port), client) == gate.own.read_certificate().serial != before


async def test_a_client_whose_files_cannot_be_read_calls_over_the_certificate_that_it_has(gate: Gate) -> None:
    files = gate.files(Holder.of_agency(AGENCY), name="agency")
    member = gate.member(files)
    await member.Acknowledge(ASK)
    good = files.certificate.read_bytes()
    files.certificate.unlink()
    assert (await member.Acknowledge(ASK)).acknowledged_sequence == 7
    files.certificate.write_bytes(good[: len(good) // 2])
    assert (await member.Acknowledge(ASK)).acknowledged_sequence == 7
    gate.files(Holder.of_agency(AGENCY), name="agency")
    bound = files.read_certificate().thumbprint
    token = gate.people.token(random_id(), AGENCY, ["agency_member"], certificate_thumbprint=bound)
    answer = await member.Acknowledge(ASK, metadata=(("authorization", f"Bearer {token}"),))
    assert answer.acknowledged_sequence == 7, "it goes over the new one"


async def test_a_service_cannot_stand_in_for_another_one(gate: Gate) -> None:
    async with secure_channel(gate.address, "intake", gate.files(TOOLS)) as opened:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await InboxServiceStub(opened).Acknowledge(ASK)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert gate.inbox.callers == []


async def test_a_client_calls_over_its_renewed_certificate_and_its_open_stream_goes_on(gate: Gate) -> None:
    files = gate.files(Holder.of_agency(AGENCY), name="agency")
    first = files.read_certificate()
    member = gate.member(files)
    stream = await _subscribed(member)
    gate.files(Holder.of_agency(AGENCY), name="agency")
    assert files.read_certificate() != first
    bound = files.read_certificate().thumbprint
    token = gate.people.token(random_id(), AGENCY, ["agency_member"], certificate_thumbprint=bound)
    answer = await member.Acknowledge(ASK, metadata=(("authorization", f"Bearer {token}"),))
    assert answer.acknowledged_sequence == 7
    assert not stream.done()
    stream.cancel()


async def test_a_certificate_does_not_open_what_the_role_may_not(gate: Gate) -> None:
    with pytest.raises(NotPermitted), remote_refusals():
        await gate.member(gate.files(Holder.of_agency(AGENCY))).ListDeliveries(LISTED)


async def test_a_certificate_without_its_key_opens_nothing(gate: Gate) -> None:
    files = gate.files(Holder.of_agency(AGENCY))
    other = gate.files(Holder.of_agency(AGENCY))
    mixed = TlsFiles(other.key, files.certificate, files.authorities)
    with pytest.raises(ValueError, match="not the one of the certificate"):
        gate.member(mixed)


async def _subscribed(member: Any) -> Any:
    """An open stream that has begun."""
    stream = member.Subscribe(SUBSCRIBED)
    for _ in range(3):
        await stream.read()
    return stream


async def _serial_shown(host: str, port: int, client: TlsFiles) -> str:
    """The serial of the certificate that a server shows to a new connection."""
    context = ssl.create_default_context(cafile=str(client.authorities))
    context.load_cert_chain(str(client.certificate))
    context.set_alpn_protocols(["h2"])
    _, writer = await asyncio.open_connection(
        host, port, ssl=context, server_hostname=Holder.of_service("notifications").server_name
    )
    try:
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.close()
    return f"{x509.load_der_x509_certificate(shown).serial_number:x}"
