"""Towards Kafka: an address is text, and each new connection shows the certificate as it is then."""

import asyncio
import copy
import pickle
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chassis.certificates import TOOLS, Holder
from chassis.kafka_address import KafkaAddress, client_settings, tls_context
from chassis.tls import TlsFiles
from tests.support.hub_certificates import files_of, service_files
from tools.certificates.authority import KAFKA


@asynccontextmanager
async def broker(shown: list[str]) -> AsyncIterator[int]:
    """The end of a connection that notes by which name each client came."""

    async def note(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        subject = dict(part for [part] in writer.get_extra_info("peercert")["subject"])
        shown.append(subject["commonName"])
        writer.write(b"\n")
        writer.close()

    files = files_of(KAFKA)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(files.authorities))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(files.certificate, files.key)
    server = await asyncio.start_server(note, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def connect(kafka: KafkaAddress, port: int) -> None:
    """Returns when the other end has answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls_context(kafka))
    assert await reader.readline() == b"\n"
    writer.close()


def copied(holder: Holder, folder: Path) -> TlsFiles:
    files = files_of(holder)
    own = folder / "own.pem"
    shutil.copy(files.certificate, own)
    return TlsFiles(own, own, files.authorities)


async def test_a_renewed_certificate_is_shown_on_the_next_connection(tmp_path: Path) -> None:
    kafka, shown = KafkaAddress("127.0.0.1:9", copied(TOOLS, tmp_path)), list[str]()
    async with broker(shown) as port:
        await connect(kafka, port)
        shutil.copy(service_files("intake").certificate, tmp_path / "own.pem")
        await connect(kafka, port)
        (tmp_path / "own.pem").write_text("half a certific")
        await connect(kafka, port)
    assert shown == ["tools", "intake", "intake"]


async def test_a_server_that_is_no_broker_of_the_hub_is_refused(tmp_path: Path) -> None:
    shown = list[str]()
    async with broker(shown) as port:
        with pytest.raises(ssl.SSLCertVerificationError):
            # the name under which the broker's certificate is good is not this one
            await asyncio.open_connection(
                "127.0.0.1",
                port,
                ssl=tls_context(KafkaAddress("", copied(TOOLS, tmp_path))),
                server_hostname="intake.kem.athens",
            )
    assert shown == []


def test_an_address_is_text_and_keeps_its_files_when_it_is_copied(tmp_path: Path) -> None:
    kafka = KafkaAddress("127.0.0.1:7401", copied(TOOLS, tmp_path))
    assert kafka == "127.0.0.1:7401"
    assert f"{kafka}" == "127.0.0.1:7401"
    for one in (copy.deepcopy(kafka), pickle.loads(pickle.dumps(kafka))):
        assert one.tls == kafka.tls
    assert client_settings(kafka)["security_protocol"] == "SSL"
    assert client_settings(KafkaAddress("127.0.0.1:7401")) == {"bootstrap_servers": "127.0.0.1:7401"}
    assert client_settings("127.0.0.1:7401") == {"bootstrap_servers": "127.0.0.1:7401"}
