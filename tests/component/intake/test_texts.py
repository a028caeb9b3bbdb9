"""Words about a person, sealed and opened for the hub's other services."""

from uuid import uuid4

import grpc

from kem.access.v1.access_events_pb2 import AccessEvent
from kem.intake.v1 import text_service_pb2 as messages
from kem.intake.v1.text_service_pb2_grpc import TextServiceStub
from tests.support.intake import RunningIntake
from tests.support.people import invented_person
from tests.support.refusals import refused
from tests.support.vault import KEM, open_vault

TEXT = "Μια λέξη για το άτομο"


async def _referral(intake: RunningIntake) -> tuple[str, str]:
    """A person and the id of a referral of theirs."""
    async with open_vault(intake.database, intake.keys_dir) as opened:
        person = await opened.register(invented_person())
    referral_id = str(uuid4())
    intake.database.execute(
        "insert into intake.need (need_id, referral_id, beneficiary_id, sender_agency_id,"
        " recorded_by_principal_id, service_type, urgency, routing, origin, happened_time, recorded_time)"
        f" values (gen_random_uuid(), '{referral_id}', '{person}', '{KEM}', gen_random_uuid(),"
        " 'FOOD', 'NORMAL', 'HOLD', 'KEM_DESK', now(), now())"
    )
    return str(person), referral_id


async def test_an_opened_text_is_on_record_under_the_readers_name(intake: RunningIntake) -> None:
    person, referral_id = await _referral(intake)
    reader, agency = uuid4(), uuid4()
    async with intake.channel_of_the_hub() as hub:
        stub = TextServiceStub(hub)
        sealed = (await stub.Seal(messages.SealRequest(referral_id=referral_id, text=TEXT))).sealed
        opened = await stub.Open(
            messages.OpenRequest(
                referral_id=referral_id,
                sealed=[sealed, sealed],
                reader_id=str(reader),
                reader_agency_id=str(agency),
                reader_acting_person="desk-7",
            )
        )
    assert TEXT.encode() not in sealed
    assert (list(opened.texts), opened.erased) == ([TEXT, TEXT], False)
    payload = intake.database.execute(
        f"select encode(payload, 'hex') from intake.outbox where key = '{reader}'"
    ).strip()
    event = AccessEvent.FromString(bytes.fromhex(payload))
    assert (event.actor.agency_id, event.actor.acting_person) == (str(agency), "desk-7")
    assert list(event.access_recorded.subject_ids) == [person, referral_id]


async def test_a_text_opens_for_its_own_referral_only(intake: RunningIntake) -> None:
    (_, one), (_, other) = await _referral(intake), await _referral(intake)
    async with intake.channel_of_the_hub() as hub:
        stub = TextServiceStub(hub)
        sealed = (await stub.Seal(messages.SealRequest(referral_id=one, text=TEXT))).sealed
        for wrong in (sealed, sealed[:-1], b"", b"x" * 60):
            with refused() as refusal:
                await stub.Open(
                    messages.OpenRequest(referral_id=other, sealed=[wrong], reader_id=str(uuid4()))
                )
            assert refusal.reason == "TEXT_NOT_OF_REFERRAL"
        with refused() as refusal:
            await stub.Seal(messages.SealRequest(referral_id=str(uuid4()), text=TEXT))
        assert refusal.reason == "REFERRAL_NOT_FOUND"


async def test_texts_of_an_erased_person_are_empty_and_no_error(intake: RunningIntake) -> None:
    person, referral_id = await _referral(intake)
    async with intake.channel_of_the_hub() as hub:
        stub = TextServiceStub(hub)
        sealed = (await stub.Seal(messages.SealRequest(referral_id=referral_id, text=TEXT))).sealed
        intake.database.execute(f"delete from intake.data_key where beneficiary_id = '{person}'")
        opened = await stub.Open(
            messages.OpenRequest(referral_id=referral_id, sealed=[sealed], reader_id=str(uuid4()))
        )
        assert (list(opened.texts), opened.erased) == ([""], True)
        with refused() as refusal:
            await stub.Seal(messages.SealRequest(referral_id=referral_id, text=TEXT))
    assert refusal.reason == "BENEFICIARY_ERASED"


async def test_no_member_of_staff_opens_texts_directly(intake: RunningIntake) -> None:
    async with intake.channel_of("supervisor") as supervisor:
        with refused() as refusal:
            await TextServiceStub(supervisor).Open(
                messages.OpenRequest(referral_id=str(uuid4()), sealed=[b"x"], reader_id=str(uuid4()))
            )
    assert refusal.code is grpc.StatusCode.PERMISSION_DENIED
