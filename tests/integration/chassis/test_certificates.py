"""Who gets through the gRPC door at all, and for whom they may speak: real handshakes, real calls."""

from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chassis.caller import CallerVerifier
from chassis.certificates import TOOLS, Holder
from chassis.grpc_client import channel
from chassis.grpc_server import GrpcServer
from chassis.peers import Peers
from chassis.remote_errors import remote_refusals
from chassis.tls import TlsFiles, secure_channel
from kem.notifications.v1.inbox_service_pb2_grpc import InboxServiceStub
from kernel.errors import NotPermitted, Unavailable
from kernel.ids import random_id
from tests.integration.chassis.gate import AGENCY, ASK, LISTED, OTHER_AGENCY, SUBSCRIBED, Gate, refusal_of
from tools.certificates.authority import Authority
from tools.stack.layout import write_secret


async def test_an_agency_comes_over_its_own_certificate(gate: Gate) -> None:
    own = gate.files(Holder.of_agency(AGENCY))
    assert (await gate.member(own).Acknowledge(ASK)).acknowledged_sequence == 7
    assert await refusal_of(gate.member(own, OTHER_AGENCY).Acknowledge(ASK)) == "CERTIFICATE_MISMATCH"
    assert len(gate.inbox.callers) == 1


@pytest.mark.parametrize(
    "key",
    [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 3072)],
    ids=["P-384", "RSA of 3072"],
)
async def test_a_key_of_each_kind_that_an_agency_may_have_signed_opens_the_door(
    gate: Gate, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
) -> None:
    signed = gate.authority.issue(Holder.of_agency(AGENCY), public_key=key.public_key())
    own = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = gate.folder / "own-key.pem"
    write_secret(file, (own + signed.chain).decode())
    files = TlsFiles(file, file, gate.folder / "authorities.pem")
    assert (await gate.member(files).Acknowledge(ASK)).acknowledged_sequence == 7


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


async def test_a_service_cannot_stand_in_for_another_one(gate: Gate) -> None:
    async with secure_channel(gate.address, "intake", gate.files(TOOLS)) as opened:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await InboxServiceStub(opened).Acknowledge(ASK)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert gate.inbox.callers == []


async def test_a_certificate_does_not_open_what_the_role_may_not(gate: Gate) -> None:
    with pytest.raises(NotPermitted), remote_refusals():
        await gate.member(gate.files(Holder.of_agency(AGENCY))).ListDeliveries(LISTED)


async def test_a_certificate_without_its_key_opens_nothing(gate: Gate) -> None:
    files = gate.files(Holder.of_agency(AGENCY))
    other = gate.files(Holder.of_agency(AGENCY))
    mixed = TlsFiles(other.key, files.certificate, files.authorities)
    with pytest.raises(ValueError, match="not the one of the certificate"):
        gate.member(mixed)
