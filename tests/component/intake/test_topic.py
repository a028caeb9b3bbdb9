"""What the broker is told of a registration."""

import asyncio
from pathlib import Path
from uuid import uuid4

from aiokafka import AIOKafkaConsumer

from chassis import topics
from kem.access.v1.access_events_pb2 import AccessEvent
from kem.intake.v1 import intake_service_pb2 as messages
from kem.intake.v1.beneficiary_pb2 import ORIGIN_WALK_IN
from kem.intake.v1.intake_events_pb2 import IntakeEvent
from kem.intake.v1.intake_service_pb2_grpc import IntakeServiceStub
from services.intake.entrypoints.translate_beneficiary import beneficiary_message
from tests.support.intake import running_intake
from tests.support.people import invented_person
from tests.support.postgres import MakeDatabase
from tools.stack.broker import Broker


async def test_a_registration_and_its_reading_reach_the_topics_without_a_word_about_the_person(
    fresh_database: MakeDatabase, broker: Broker, tmp_path: Path
) -> None:
    person, desk_worker, agency = invented_person(), uuid4(), uuid4()
    database = fresh_database(schemas=("intake",))
    async with (
        running_intake(database, tmp_path, roles="grpc,relay", bootstrap=broker.bootstrap) as intake,
        intake.channel_of("agency_member", agency_id=agency, principal_id=desk_worker) as desk,
    ):
        stub = IntakeServiceStub(desk)
        registered = await stub.RegisterBeneficiary(
            messages.RegisterBeneficiaryRequest(
                request_id=str(uuid4()), beneficiary=beneficiary_message(person), origin=ORIGIN_WALK_IN
            )
        )
        await stub.GetBeneficiary(messages.GetBeneficiaryRequest(beneficiary_id=registered.beneficiary_id))
        told = await _told(broker, {registered.beneficiary_id.encode(), str(desk_worker).encode()})
    event = IntakeEvent.FromString(told[registered.beneficiary_id.encode()])
    assert event.beneficiary_registered.registered_by_agency_id == str(agency)
    assert event.actor.id == str(desk_worker)
    access = AccessEvent.FromString(told[str(desk_worker).encode()])
    assert list(access.access_recorded.subject_ids) == [registered.beneficiary_id]
    everything = b"".join(told.values()).decode(errors="replace")
    for word in (person.names.latin.given, person.contacts[0].value, person.documents[0].number, "ATHENS"):
        assert word not in everything


async def _told(broker: Broker, keys: set[bytes]) -> dict[bytes, bytes]:
    """The last payload of each key, once all have come."""
    consumer = AIOKafkaConsumer(
        topics.INTAKE, topics.ACCESS, bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        found: dict[bytes, bytes] = {}
        async with asyncio.timeout(30):
            while not keys <= found.keys():
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found |= {record.key: record.value for record in records if record.key in keys}
        return found
    finally:
        await consumer.stop()
