"""Renewed certificates are taken without a restart, and files that do not fit change nothing."""

import asyncio
import ssl

from cryptography import x509

from chassis.certificates import Holder
from chassis.tls import TlsFiles
from kernel.ids import random_id
from tests.integration.chassis.gate import AGENCY, ASK, Gate, subscribed


async def test_a_server_takes_its_renewed_certificate_without_a_restart(gate: Gate) -> None:
    client = gate.files(Holder.of_agency(AGENCY))
    stream = await subscribed(gate.member(client))
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


async def test_a_client_calls_over_its_renewed_certificate_and_its_open_stream_goes_on(gate: Gate) -> None:
    files = gate.files(Holder.of_agency(AGENCY), name="agency")
    first = files.read_certificate()
    member = gate.member(files)
    stream = await subscribed(member)
    gate.files(Holder.of_agency(AGENCY), name="agency")
    assert files.read_certificate() != first
    bound = files.read_certificate().thumbprint
    token = gate.people.token(random_id(), AGENCY, ["agency_member"], certificate_thumbprint=bound)
    answer = await member.Acknowledge(ASK, metadata=(("authorization", f"Bearer {token}"),))
    assert answer.acknowledged_sequence == 7
    assert not stream.done()
    stream.cancel()


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
