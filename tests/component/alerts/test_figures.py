"""Every figure that a rule or the dashboard asks for is told by running services, or by the check."""

import asyncio
import os
import sys
import urllib.request
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID

import grpc
import pytest
from aiokafka import AIOKafkaProducer

from chassis import topics
from kem.directory.v1.directory_service_pb2 import SuspendServiceRequest
from kem.notifications.v1.delivery_pb2 import INBOX_AGENCY
from kem.notifications.v1.push_service_pb2 import (
    ListPushEndpointsRequest,
    ListPushEndpointsResponse,
    SetPushEndpointRequest,
)
from kernel.ids import random_id
from kernel.vocabulary import Role
from tests.component.access.every_door import EveryDoor, every_door
from tests.integration.chassis.waiting import until
from tests.support.alerts import ROOT, figures_used
from tests.support.partner_server import Partner, refuses, takes_all
from tests.support.postgres import MakeDatabase
from tools.stack.broker import Broker

SCHEMAS = ("intake", "referral", "notifications", "access", "audit")
PATIENCE_SECONDS = 60

# what the next batch of notifications stumbles over until it is taken away again
STUMBLE = """
    create function notifications.stumble() returns trigger language plpgsql as
        $$ begin raise exception 'a mistake'; end $$;
    create trigger stumble before insert on notifications.delivery
        execute function notifications.stumble()
"""


@pytest.fixture
async def doors(
    fresh_database: MakeDatabase, fresh_broker: Callable[[], Broker], tmp_path: Path
) -> AsyncIterator[tuple[EveryDoor, str]]:
    """All services with one case, and their broker's address."""
    bootstrap = fresh_broker().bootstrap
    async with every_door(fresh_database(schemas=SCHEMAS), tmp_path, bootstrap) as opened:
        yield opened, bootstrap


def told(address: str) -> str:
    """The page that Prometheus would read."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as page:  # our own port
        return str(page.read().decode())


async def test_every_figure_that_is_watched_is_told(doors: tuple[EveryDoor, str], tmp_path: Path) -> None:
    hub, bootstrap = doors
    partner = await push_to_a_partner_that_refuses_first(hub)
    await send_what_nobody_can_read(bootstrap)
    await let_a_batch_stumble(hub)
    checked = await check(hub.intake.database.check_url, tmp_path / "kem.prom")

    async def all_told() -> str | None:
        pages = [await asyncio.to_thread(told, address) for address in hub.metrics.values()]
        text = "\n".join([*pages, checked])
        return text if missing(text) == set() else None

    try:
        await until(all_told, within=PATIENCE_SECONDS)
    except TimeoutError:
        pages = [await asyncio.to_thread(told, address) for address in hub.metrics.values()]
        assert missing("\n".join([*pages, checked])) == set()
    await partner.stop()


def missing(text: str) -> set[str]:
    """The figures that nobody tells: a name stands at the start of a line, before its labels or its value."""
    names = {line.partition("{")[0].partition(" ")[0] for line in text.splitlines()}
    return figures_used() - names


async def push_to_a_partner_that_refuses_first(hub: EveryDoor) -> Partner:
    """The case's offer is brought to its agency, at the second try."""
    operator = hub.token(Role.OPERATOR)
    answer = await hub.call(
        "/kem.notifications.v1.PushService/ListPushEndpoints", operator, ListPushEndpointsRequest()
    )
    signer = ListPushEndpointsResponse.FromString(answer).signer
    partner = await Partner(signer.public_key, issuer=signer.issuer).start()
    partner.behave = refuses(grpc.StatusCode.ABORTED)
    request = SetPushEndpointRequest(
        request_id=str(random_id()),
        agency_id=hub.case.agency_id,
        inbox=INBOX_AGENCY,
        address=partner.address,
    )
    await hub.call("/kem.notifications.v1.PushService/SetPushEndpoint", operator, request)
    await until(lambda: partner.requests, within=PATIENCE_SECONDS)
    partner.behave = takes_all
    await until(lambda: partner.kept, within=PATIENCE_SECONDS)
    return partner


async def send_what_nobody_can_read(bootstrap: str) -> None:
    """An event that is none: referral sets it aside."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    await producer.send_and_wait(topics.INTAKE, b"nonsense", partition=0)
    await producer.stop()


async def let_a_batch_stumble(hub: EveryDoor) -> None:
    """A suspension takes the offer back; what notifications makes of that fails at first."""
    database = hub.intake.database
    database.execute(STUMBLE)
    request = SuspendServiceRequest(request_id=str(random_id()), service_id=hub.case.service_id)
    agency = hub.token(Role.AGENCY_MEMBER, agency_id=UUID(hub.case.agency_id))
    await hub.call("/kem.directory.v1.DirectoryService/SuspendService", agency, request)

    async def has_stumbled() -> bool:
        return "kem_batch_failures_total" in await asyncio.to_thread(told, hub.metrics["notifications"])

    await until(has_stumbled, within=PATIENCE_SECONDS)
    database.execute("drop trigger stumble on notifications.delivery")


async def check(url: str, file: Path) -> str:
    """What `./kem check --metrics FILE` leaves for Prometheus."""
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-P", "-m", "tools", "check", "--database", url, "--metrics", str(file)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}"},
        stdout=asyncio.subprocess.PIPE,
    )
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    return await asyncio.to_thread(file.read_text)
