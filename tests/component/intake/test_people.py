"""People through intake's own door."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import grpc

from kem.intake.v1 import beneficiary_pb2 as proto
from kem.intake.v1 import intake_service_pb2 as messages
from kem.intake.v1.intake_service_pb2_grpc import IntakeServiceStub
from tests.component.intake.registering import a_person, registration
from tests.support.intake import RunningIntake, running_intake
from tests.support.people import invented_amka
from tests.support.postgres import MakeDatabase
from tests.support.refusals import refused
from tests.support.vault import KEM

if TYPE_CHECKING:
    from kem.intake.v1.intake_service_pb2_grpc import IntakeServiceAsyncStub


async def test_a_person_is_registered_and_shown_to_a_colleague(intake: RunningIntake) -> None:
    async with intake.channel_of() as desk, intake.channel_of("caseworker") as colleague:
        registered = await IntakeServiceStub(desk).RegisterBeneficiary(registration(a_person()))
        shown = await IntakeServiceStub(colleague).GetBeneficiary(
            messages.GetBeneficiaryRequest(beneficiary_id=registered.beneficiary_id)
        )
    expected = a_person("+306912345678")
    expected.birth.estimated = True
    assert shown.beneficiary == expected
    assert shown.version == 1
    assert shown.origin == proto.ORIGIN_KEM_DESK
    assert shown.registered_by_agency_id == str(KEM)


async def test_the_same_request_twice_registers_once_and_keeps_nothing_of_the_person(
    intake: RunningIntake,
) -> None:
    request = registration(a_person())
    async with intake.channel_of() as desk:
        stub = IntakeServiceStub(desk)
        first = await stub.RegisterBeneficiary(request)
        assert await stub.RegisterBeneficiary(request) == first
        request.beneficiary.district = "ATHENS_2"
        with refused() as refusal:
            await stub.RegisterBeneficiary(request)
    assert refusal.reason == "REQUEST_ID_REUSED"
    assert intake.database.execute("select count(*) from intake.beneficiary").strip() == "1"
    kept = intake.database.execute("select encode(response, 'escape') from intake.request")
    assert first.beneficiary_id in kept
    assert "Marka" not in kept


async def test_a_wrong_record_is_refused_in_words_that_name_the_field(intake: RunningIntake) -> None:
    person = a_person()
    person.names.latin.given = "Μάρκα"
    person.birth.date = "2026-02-30"
    async with intake.channel_of() as desk:
        with refused() as refusal:
            await IntakeServiceStub(desk).RegisterBeneficiary(registration(person))
        assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
        assert refusal.metadata["field"] == "birth.date"
        person.birth.date = "1990-02-28"
        with refused() as refusal:
            await IntakeServiceStub(desk).RegisterBeneficiary(registration(person))
    assert refusal.reason == "BENEFICIARY_NOT_VALID"
    assert refusal.metadata["field"] == "names.latin.given"
    assert "Latin letters" in refusal.message
    assert "Μάρκα" not in refusal.message


async def test_a_duplicate_is_refused_with_a_masked_candidate_and_that_is_on_record(
    intake: RunningIntake,
) -> None:
    again, elsewhere = uuid4(), uuid4()
    async with (
        intake.channel_of(principal_id=again) as desk,
        intake.channel_of("agency_member", agency_id=uuid4(), principal_id=elsewhere) as agency,
    ):
        registered = await IntakeServiceStub(desk).RegisterBeneficiary(registration(a_person()))
        with refused() as own:
            await IntakeServiceStub(desk).RegisterBeneficiary(registration(a_person()))
        with refused() as others:
            await IntakeServiceStub(agency).RegisterBeneficiary(registration(a_person()))
    assert own.code is others.code is grpc.StatusCode.ALREADY_EXISTS
    assert own.reason == others.reason == "DUPLICATE"
    assert own.metadata["candidate_masked_name"] == "M••• A•••"
    assert own.metadata["candidate_beneficiary_id"] == registered.beneficiary_id
    assert not any(name.startswith("candidate") for name in others.metadata)
    assert "ask them who registered them" in others.message
    for principal in (again, elsewhere):
        assert _access_records(intake, str(principal)) == 1


async def test_whoever_tries_out_who_is_registered_is_put_off_as_who_searches_is_and_told_of(
    fresh_database: MakeDatabase, tmp_path: Path
) -> None:
    database, prober = fresh_database(schemas=("intake",)), uuid4()
    phones = [f"691234567{digit}" for digit in range(3)]
    async with (
        running_intake(database, tmp_path, searches_per_minute=3, searched_people_per_hour=2) as intake,
        intake.channel_of() as desk,
        intake.channel_of("agency_member", agency_id=uuid4(), principal_id=prober) as agency,
    ):
        for phone in phones:
            await IntakeServiceStub(desk).RegisterBeneficiary(registration(_somebody(phone)))
        told = []
        for phone in (*phones, "6912345679"):
            with refused() as refusal:
                await IntakeServiceStub(agency).RegisterBeneficiary(registration(_somebody(phone)))
            told.append(refusal.reason)
        assert told == ["DUPLICATE"] * 3 + ["SEARCHED_TOO_OFTEN"], "the fourth is nobody's: that is not told"
        assert _access_records(intake, str(prober)) == 4
        alarms = "select count(*) from intake.{} where type = 'ManyPeopleSearched'"
        found = [database.execute(alarms.format(table)) for table in ("outbox", "event_log")]
        assert sum(int(one.strip()) for one in found) == 1


def _somebody(phone: str) -> proto.Beneficiary:
    """Somebody who is known by this number only."""
    person = a_person(phone)
    del person.documents[:]
    person.ClearField("amka")
    return person


async def test_somebody_elses_person_and_nobody_are_refused_alike_and_on_record(
    intake: RunningIntake,
) -> None:
    stranger = uuid4()
    async with (
        intake.channel_of() as desk,
        intake.channel_of("agency_member", agency_id=uuid4(), principal_id=stranger) as agency,
    ):
        registered = await IntakeServiceStub(desk).RegisterBeneficiary(registration(a_person()))
        told = []
        for asked in (registered.beneficiary_id, str(uuid4())):
            with refused() as refusal:
                await IntakeServiceStub(agency).GetBeneficiary(
                    messages.GetBeneficiaryRequest(beneficiary_id=asked)
                )
            told.append((refusal.code, refusal.reason, refusal.message, refusal.metadata))
    assert told[0] == told[1]
    assert told[0][0] is grpc.StatusCode.NOT_FOUND
    assert _access_records(intake, str(stranger)) == 2


async def test_a_search_needs_a_reason_and_answers_masked(intake: RunningIntake) -> None:
    async with intake.channel_of() as desk:
        stub = IntakeServiceStub(desk)
        registered = await stub.RegisterBeneficiary(registration(a_person()))
        shown = await stub.GetBeneficiary(
            messages.GetBeneficiaryRequest(beneficiary_id=registered.beneficiary_id)
        )
        for wanted in (
            messages.SearchBeneficiariesRequest(phone="691 2345 678"),
            messages.SearchBeneficiariesRequest(document_number="inv 77"),
            messages.SearchBeneficiariesRequest(amka=invented_amka(77)),
            messages.SearchBeneficiariesRequest(case_code=shown.case_code),
        ):
            wanted.reason = "PERSON_IS_HERE"
            answer = await stub.SearchBeneficiaries(wanted)
            [found] = answer.beneficiaries
            assert (found.beneficiary_id, found.masked_name, found.birth_year) == (
                registered.beneficiary_id,
                "M••• A•••",
                1990,
            )
        with refused() as refusal:
            await stub.SearchBeneficiaries(
                messages.SearchBeneficiariesRequest(reason="CURIOUS", phone="6912345678")
            )
    assert refusal.reason == "SEARCH_REASON_UNKNOWN"


async def test_a_search_by_name_answers_masked_in_another_script_and_says_when_it_may_be_repeated(
    intake: RunningIntake,
) -> None:
    wanted = messages.PersonDescription(name="Μάρκα Ιχτίρα", birth_year=1990)
    request = messages.SearchBeneficiariesRequest(reason="PERSON_CALLED", description=wanted)
    searcher = uuid4()
    async with intake.channel_of() as desk, intake.channel_of(principal_id=searcher) as hasty:
        registered = await IntakeServiceStub(desk).RegisterBeneficiary(registration(a_person()))
        stub = IntakeServiceStub(hasty)
        answers = [await _once_names_are_loaded(stub, request)]
        with refused() as refusal:
            while len(answers) < 300:  # the allowance fills up again meanwhile
                answers.append(await stub.SearchBeneficiaries(request))
        assert len(answers) >= 30
        for answer in answers:
            [found] = answer.beneficiaries
            assert found.beneficiary_id == registered.beneficiary_id
            assert found.masked_name == "M••• A•••"
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "SEARCHED_TOO_OFTEN")
    assert 0 < (refusal.retry_delay_seconds or 0) <= 2
    assert _access_records(intake, str(searcher)) == len(answers) + 1, (
        "that it was too often is on record, too"
    )


async def _once_names_are_loaded(
    stub: "IntakeServiceAsyncStub", request: messages.SearchBeneficiariesRequest
) -> messages.SearchBeneficiariesResponse:
    while True:
        try:
            return await stub.SearchBeneficiaries(request)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            await asyncio.sleep(0.01)


async def test_an_update_over_a_colleagues_update_is_refused(intake: RunningIntake) -> None:
    async with intake.channel_of() as desk:
        stub = IntakeServiceStub(desk)
        registered = await stub.RegisterBeneficiary(registration(a_person()))

        def update(version: int) -> messages.UpdateBeneficiaryRequest:
            return messages.UpdateBeneficiaryRequest(
                request_id=str(uuid4()),
                beneficiary_id=registered.beneficiary_id,
                expected_version=version,
                beneficiary=a_person("+963112223333"),
            )

        assert (await stub.UpdateBeneficiary(update(1))).version == 2
        with refused() as refusal:
            await stub.UpdateBeneficiary(update(1))
    assert refusal.reason == "VERSION_CONFLICT"
    assert refusal.metadata == {"current_version": "2"}


async def test_those_who_do_no_case_work_see_no_people(intake: RunningIntake) -> None:
    roles = ("interpreter", "auditor", "operator", "committee_coordinator", "dpo")
    for opened in (intake.channel_of_the_hub(), *(intake.channel_of(role) for role in roles)):
        async with opened:
            with refused() as refusal:
                await IntakeServiceStub(opened).GetBeneficiary(
                    messages.GetBeneficiaryRequest(beneficiary_id=str(uuid4()))
                )
        assert refusal.code is grpc.StatusCode.PERMISSION_DENIED


def _access_records(intake: RunningIntake, principal: str) -> int:
    """How many accesses of somebody are on record, registrations excluded."""
    return int(
        intake.database.execute(
            f"select count(*) from intake.outbox where type = 'AccessRecorded' and key = '{principal}'"
        )
    )
