"""The story: a city has an Apache Kafka, to which its hub comes by TLS with the rights that the city gives.
The breakage: its authority is another one than the hub's; a hub that does not know it, or comes in plain.
What must still hold: a day loses and doubles nothing; each service has the city's rights and no others; a hub
that does not know who answers there does not start, and says so in a sentence.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import pytest

from chassis.kafka_address import KafkaAddress
from chassis.tls import TlsFiles
from tests.deep.test_kafka_walls import undeclared
from tests.e2e.playing import play
from tools.certificates.authority import KAFKA, Authority
from tools.certificates.office import CertificateOffice
from tools.demo.fresh import run_on_seconds
from tools.hub import Doors
from tools.stack.apache import KafkaNode, NodePorts, kafka_nodes
from tools.stack.kafka_program import KafkaProgram
from tools.stack.kafka_rights import settle_rights
from tools.stack.kafka_tls import KafkaTls
from tools.stack.layout import ROOT, Layout, write_secret
from tools.stack.options import StackOptions
from tools.stack.ports import free_port
from tools.stack.servers import ServersAsked
from tools.stack.services import schemas_of, services_of
from tools.stack.stack import Stack

NEEDS: Final = 40
PATIENCE_SECONDS: Final = 120


class City:
    """One node with a certificate of the city's authority, which lets in those of the hub's authority."""

    def __init__(self, program: KafkaProgram, folder: Path, hub: Layout) -> None:
        folder.mkdir()
        self.authority = folder / "authority.pem"
        issued = Authority.make(folder / "authority.key", self.authority).issue(KAFKA)
        own = folder / "kafka.pem"
        write_secret(own, (issued.key + issued.chain).decode())
        tools, trusted = hub.certificate("tools"), folder / "trusted.pem"
        trusted.write_bytes(self.authority.read_bytes() + hub.authorities.read_bytes())  # peers and clients
        tls = KafkaTls(TlsFiles(own, own, trusted), TlsFiles(tools, tools, self.authority))
        ports = [NodePorts(free_port(), free_port())]
        self.node: KafkaNode = kafka_nodes(program, folder / "node", ports, lambda _: folder / "log", tls)[0]

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.node.port}"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A data folder that has its authority, and has not run yet: the city was given its certificate."""
    layout = Layout(tmp_path_factory.mktemp("hub"))
    layout.make()
    CertificateOffice(layout).write_own(schemas_of(services_of(ROOT)))
    return layout


@pytest.fixture(scope="module")
def city(
    apache_program: KafkaProgram, hub: Layout, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[City]:
    one = City(apache_program, tmp_path_factory.mktemp("city") / "kafka", hub)
    try:
        one.node.spawn()
        one.node.wait_ready()
        yield one
    finally:
        one.node.stop()


@pytest.fixture
def told(city: City, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """What whoever starts the hub says of the city's Kafka."""
    monkeypatch.setenv("KEM_KAFKA_TLS", "true")
    monkeypatch.setenv("KEM_KAFKA_AUTHORITIES_FILE", str(city.authority))
    return monkeypatch


@pytest.fixture
async def stack(hub: Layout, city: City, told: pytest.MonkeyPatch) -> AsyncIterator[Stack]:
    await asyncio.to_thread(settle_rights, city.node.address, schemas_of(services_of(ROOT)))
    one = Stack(hub.data, StackOptions(servers=ServersAsked(city.address)))
    try:
        await one.start()
        await run_on_seconds(one.postgres)
        yield one
    finally:
        await one.stop()


@pytest.mark.parametrize("otherwise", ["of another authority", "in plain"])
def test_whoever_does_not_know_who_answers_there_does_not_start_and_is_told(
    hub: Layout, city: City, otherwise: str
) -> None:
    authorities = {"of another authority": hub.authorities, "in plain": city.authority}[otherwise]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tools", "up", "--broker", city.address],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(hub.data),
            "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}",
            "KEM_DATA": str(hub.data),
            "KEM_KAFKA_TLS": str(otherwise != "in plain").lower(),
            "KEM_KAFKA_AUTHORITIES_FILE": str(authorities),
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"No Kafka answers at {city.address}" in done.stdout + done.stderr
    assert "KEM_KAFKA_AUTHORITIES_FILE" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


async def test_a_day_over_the_citys_kafka_loses_and_doubles_nothing(stack: Stack, city: City) -> None:
    outcome = await play(Doors.of(stack.layout), NEEDS, seed=23)
    assert outcome.complaints == []
    assert len(outcome.ledger.needs) == NEEDS
    for service in stack.schemas:
        file = stack.layout.certificate(service)
        assert (
            await undeclared(service, KafkaAddress(city.address, TlsFiles(file, file, city.authority))) == []
        )
