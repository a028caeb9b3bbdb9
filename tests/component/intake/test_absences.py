"""Why a field of a person is empty, through intake's own door."""

from uuid import uuid4

import grpc

from kem.common.v1 import common_pb2
from kem.intake.v1 import beneficiary_pb2 as proto
from kem.intake.v1 import intake_service_pb2 as messages
from kem.intake.v1.intake_service_pb2_grpc import IntakeServiceStub
from tests.component.intake.registering import a_person, registration
from tests.support.intake import RunningIntake
from tests.support.refusals import refused

WHY: dict[proto.FieldAbsence.Field.ValueType, common_pb2.Absence.ValueType] = {
    proto.FieldAbsence.FIELD_SEX: common_pb2.ABSENCE_REFUSED,
    proto.FieldAbsence.FIELD_LANGUAGES: common_pb2.ABSENCE_UNKNOWN,
    proto.FieldAbsence.FIELD_CONTACTS: common_pb2.ABSENCE_REFUSED,
    proto.FieldAbsence.FIELD_HOUSEHOLD: common_pb2.ABSENCE_NOT_ASKED,
    proto.FieldAbsence.FIELD_LEGAL_STATUS: common_pb2.ABSENCE_NOT_ASKED,
    proto.FieldAbsence.FIELD_DOCUMENTS: common_pb2.ABSENCE_UNKNOWN,
    proto.FieldAbsence.FIELD_DISTRICT: common_pb2.ABSENCE_REFUSED,
}


def _silent() -> proto.Beneficiary:
    """Somebody of whom little is known, with why of each thing."""
    person = a_person()
    for name in ("languages", "contacts", "household", "documents", "district"):
        person.ClearField(name)
    person.sex, person.legal_status = proto.SEX_NOT_STATED, "NOT_STATED"
    for field, why in WHY.items():
        person.absences.add(field=field, absence=why)
    return person


async def test_why_a_field_is_empty_is_kept_with_the_person_and_may_change(intake: RunningIntake) -> None:
    person = _silent()
    async with intake.channel_of() as desk:
        stub = IntakeServiceStub(desk)
        registered = await stub.RegisterBeneficiary(registration(person))
        ask = messages.GetBeneficiaryRequest(beneficiary_id=registered.beneficiary_id)
        person.birth.estimated = True
        assert (await stub.GetBeneficiary(ask)).beneficiary == person
        person.absences[0].absence = common_pb2.ABSENCE_UNKNOWN
        del person.absences[1:]
        person.languages.add(language="ara", level=proto.LanguageSkill.LEVEL_NATIVE)
        await stub.UpdateBeneficiary(
            messages.UpdateBeneficiaryRequest(
                request_id=str(uuid4()),
                beneficiary_id=registered.beneficiary_id,
                expected_version=1,
                beneficiary=person,
            )
        )
        assert (await stub.GetBeneficiary(ask)).beneficiary == person


async def test_a_client_that_knows_of_no_reasons_wipes_none(intake: RunningIntake) -> None:
    person = _silent()
    async with intake.channel_of() as desk:
        stub = IntakeServiceStub(desk)
        registered = await stub.RegisterBeneficiary(registration(person))
        ask = messages.GetBeneficiaryRequest(beneficiary_id=registered.beneficiary_id)

        async def reasons_after(version: int, *, absences_told: bool = False) -> dict[int, int]:
            """What is read once the person was corrected by somebody who sends no reasons."""
            update = messages.UpdateBeneficiaryRequest(
                request_id=str(uuid4()),
                beneficiary_id=registered.beneficiary_id,
                expected_version=version,
                beneficiary=person,
                absences_told=absences_told,
            )
            await stub.UpdateBeneficiary(update)
            known = (await stub.GetBeneficiary(ask)).beneficiary
            return {one.field: one.absence for one in known.absences}

        person.ClearField("absences")
        person.interpreter_wishes = "Not from here."
        assert await reasons_after(1) == WHY
        person.languages.add(language="ara", level=proto.LanguageSkill.LEVEL_NATIVE)
        person.district, person.sex = "ATHENS_2", proto.SEX_F
        there = (
            proto.FieldAbsence.FIELD_LANGUAGES,
            proto.FieldAbsence.FIELD_DISTRICT,
            proto.FieldAbsence.FIELD_SEX,
        )
        left = {field: why for field, why in WHY.items() if field not in there}
        assert await reasons_after(2) == left, "what is there now has no reason"
        person.ClearField("district")
        assert await reasons_after(3) == left, "of what was there nobody has said why it is not"
        assert await reasons_after(4, absences_told=True) == {}


async def test_a_reason_beside_what_is_there_or_told_twice_is_refused_in_words(
    intake: RunningIntake,
) -> None:
    both, twice, silent = a_person(), _silent(), _silent()
    both.absences.add(field=proto.FieldAbsence.FIELD_DISTRICT, absence=common_pb2.ABSENCE_REFUSED)
    twice.absences.add(field=proto.FieldAbsence.FIELD_SEX, absence=common_pb2.ABSENCE_REFUSED)
    del twice.absences[1]  # as many as there may be
    del silent.absences[1]
    async with intake.channel_of() as desk:
        for person, field, words in (
            (both, "district", "leave one of the two out"),
            (twice, "sex", "told twice"),
            (silent, "languages", "say why none is known"),
        ):
            with refused() as refusal:
                await IntakeServiceStub(desk).RegisterBeneficiary(registration(person))
            assert (refusal.code, refusal.reason) == (
                grpc.StatusCode.INVALID_ARGUMENT,
                "BENEFICIARY_NOT_VALID",
            )
            assert refusal.metadata["field"] == field
            assert words in refusal.message
        unsaid = a_person()
        unsaid.absences.add(field=proto.FieldAbsence.FIELD_SEX)
        with refused() as refusal:
            await IntakeServiceStub(desk).RegisterBeneficiary(registration(unsaid))
    assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
