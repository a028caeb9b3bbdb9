"""Whatever somebody manages to write to the topics: it is set aside with its bytes, the rest goes on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID, uuid4

import grpc
import pytest
from aiokafka import AIOKafkaProducer

from chassis.plain_events import ENVELOPES
from chassis.topics import PARTITIONS
from kem.intake.v1 import need_pb2
from kem.referral.v1 import referral_service_pb2 as referral
from kem.referral.v1.referral_service_pb2_grpc import ReferralServiceStub
from kernel.ids import random_id
from tests.component.access.every_door import EveryDoor, every_door
from tests.support.damage import damaged, filled
from tests.support.golden import kept_files
from tests.support.postgres import FreshDatabase
from tests.support.referral import RunningReferral
from tools.stack.broker import Broker
from tools.stack.ports import free_port
from tools.stack.postgres import PostgresServer
from tools.stack.topics import create_topics

if TYPE_CHECKING:  # the generated code has it for types only
    from kem.referral.v1.referral_service_pb2_grpc import ReferralServiceAsyncStub

Found = TypeVar("Found")

SCHEMAS: Final = ("intake", "referral", "notifications", "access", "audit")
EACH: Final = 40
NEEDS: Final = 3 * PARTITIONS
"""So many that every partition most likely carries one of them behind what was written before."""


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Nobody else reads from it."""
    started = Broker(free_port(), tmp_path_factory.mktemp("broker") / "broker.log")
    started.start()
    create_topics(started.bootstrap)
    yield started
    started.stop()


@pytest.fixture
async def doors(
    postgres_server: PostgresServer,
    database_template: Callable[[tuple[str, ...]], str],
    own_broker: Broker,
    tmp_path: Path,
) -> AsyncIterator[EveryDoor]:
    name = f"published_{random_id().hex}"
    postgres_server.create_database(name, database_template(SCHEMAS))
    async with every_door(
        FreshDatabase(postgres_server, name, SCHEMAS), tmp_path, own_broker.bootstrap
    ) as opened:
        yield opened
    postgres_server.drop_database(name)


async def test_what_is_no_event_stops_no_consumer(doors: EveryDoor, own_broker: Broker) -> None:
    await _publish(own_broker.bootstrap, Random("published"))
    person = await doors.desk.person()
    await doors.desk.consent(person)
    needs = [await doors.desk.need(person) for _ in range(NEEDS)]
    running = RunningReferral(doors.addresses["referral"], doors.intake)
    async with (
        running.channel_of("caseworker") as desk,
        running.channel_of("agency_member", agency_id=doors.desk.agency_id) as partner,
    ):
        for need in needs:
            await _until(partial(_is_known, ReferralServiceStub(desk), need.referral_id))
        offer_id, taken = await _until(partial(_offered, ReferralServiceStub(partner), needs))
        accept = referral.AcceptOfferRequest(request_id=str(uuid4()), offer_id=offer_id)
        await ReferralServiceStub(partner).AcceptOffer(accept)
    given = await _until(partial(_disclosed, doors, taken))
    assert given.beneficiary.names
    for schema in ("referral", "intake", "notifications", "audit"):
        await _until(partial(_has_set_aside, doors, schema))


async def _until(look: Callable[[], Awaitable[Found | None]]) -> Found:
    """What is found, once it is there."""
    async with asyncio.timeout(60):
        while True:
            found = await look()
            if found is not None:
                return found
            await asyncio.sleep(0.1)


async def _is_known(desk: "ReferralServiceAsyncStub", referral_id: str) -> bool | None:
    try:
        await desk.GetReferral(referral.GetReferralRequest(referral_id=referral_id))
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.NOT_FOUND:
            raise
        return None
    return True


async def _offered(
    partner: "ReferralServiceAsyncStub", needs: Sequence[need_pb2.RecordedNeed]
) -> tuple[str, need_pb2.RecordedNeed] | None:
    """One of the needs that the partner is offered."""
    by_referral = {need.referral_id: need for need in needs}
    request = referral.ListReferralsRequest(view=referral.REFERRAL_VIEW_OFFERED)
    for one in (await partner.ListReferrals(request)).referrals:
        if one.referral_id in by_referral:
            return one.offers[0].offer_id, by_referral[one.referral_id]
    return None


async def _disclosed(doors: EveryDoor, need: need_pb2.RecordedNeed) -> Any:
    try:
        return await doors.desk.ask(need)
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
            raise
        return None


async def _has_set_aside(doors: EveryDoor, schema: str) -> bool | None:
    """Each reads at its own pace; one that takes everything tried nothing, and is waited for in vain."""
    found = doors.intake.database.execute(f"SELECT 'some' FROM {schema}.dead_letter LIMIT 1")
    return True if "some" in found else None


async def _publish(bootstrap: str, chance: Random) -> None:
    """Damaged events, and such as nobody ever meant, on every topic that the hub reads."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        for topic, envelope in ENVELOPES.items():
            kept = [file.read_bytes() for file in kept_files(topic)]
            for number in range(EACH):
                payload = (
                    filled(envelope(), chance).SerializeToString() if number % 2 else damaged(kept, chance)
                )
                time = b"2026-11-26T09:00:00+00:00"
                headers = [
                    ("ce_id", str(UUID(int=chance.getrandbits(128))).encode()),
                    ("ce_source", b"elsewhere"),
                    ("ce_type", f"{topic}.Fact".encode()),
                    ("ce_time", damaged([time], chance) if number % 8 == 0 else time),
                    ("kem-position", str(number + 1).encode()),
                ]
                await producer.send_and_wait(
                    topic, payload, key=chance.randbytes(16), partition=number % PARTITIONS, headers=headers
                )
    finally:
        await producer.stop()
