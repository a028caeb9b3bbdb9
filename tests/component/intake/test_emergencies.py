"""Hand-overs and reviews at the real door."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest

from chassis.caller import SECOND_FACTOR
from kem.disclosure.v1 import emergency_access_service_pb2 as access
from kem.disclosure.v1 import emergency_service_pb2 as messages
from kem.disclosure.v1.emergency_access_service_pb2_grpc import EmergencyAccessServiceStub
from kem.disclosure.v1.emergency_service_pb2_grpc import EmergencyServiceStub
from kem.disclosure.v1.waiting_service_pb2 import CountWaitingRequest, Waiting
from kem.disclosure.v1.waiting_service_pb2_grpc import WaitingServiceStub
from tests.component.intake.desk import COURSES, Desk, desk_at
from tests.component.intake.office import AnyOffice
from tests.component.intake.telephone import handover_request
from tests.support.intake import RunningIntake, running_intake
from tests.support.postgres import MakeDatabase
from tests.support.referral_voice import accepted, referral_voice
from tests.support.refusals import refused
from tools.stack.broker import Broker


@dataclass(frozen=True, slots=True)
class Office(AnyOffice):
    """Where the door to emergencies is spoken to."""

    stub = EmergencyServiceStub


@pytest.fixture
def office(intake: RunningIntake, desk: Desk) -> Office:
    return Office(intake, desk)


async def test_a_hand_over_is_recorded_once_however_often_it_is_sent(office: Office) -> None:
    desk = office.desk
    await desk.agree()
    person = await desk.person()
    await desk.consent(person)
    need = await desk.need(person)
    request = handover_request(need.referral_id, str(desk.agency_id))
    async with office.intake.channel_of("caseworker") as channel:
        door = EmergencyServiceStub(channel)
        first = await door.RecordHandover(request)
        assert await door.RecordHandover(request) == first
        assert not first.HasField("review_due_time")
        request.answer = messages.HANDOVER_ANSWER_NOT_TAKEN
        with refused() as refusal:
            await door.RecordHandover(request)
        assert refusal.reason == "REQUEST_ID_REUSED"


async def test_what_was_told_without_consent_is_listed_with_its_words_and_reviewed(office: Office) -> None:
    desk = office.desk
    need = await desk.need(await desk.person())
    request = handover_request(need.referral_id, str(desk.agency_id))
    with refused() as refusal:
        await office.ask("RecordHandover", request, "caseworker")
    assert (refusal.code, refusal.reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "TOLD_MORE_THAN_CONSENT",
    )
    assert "VITAL_INTEREST" in str(refusal.message)
    request.legal_basis = "VITAL_INTEREST"
    kept = await office.ask("RecordHandover", request, "caseworker")
    assert kept.HasField("review_due_time")
    page = await office.ask("ListEmergencyReviews", messages.ListEmergencyReviewsRequest(), "dpo")
    [waiting] = page.reviews
    assert (waiting.subject_id, waiting.kind) == (kept.disclosure_id, "HANDOVER")
    assert (waiting.reviewable, waiting.overdue) == (True, False)
    assert list(waiting.given_categories) == ["NAME"]
    assert waiting.circumstances == request.circumstances
    review = messages.ReviewEmergencyRequest(
        request_id=str(uuid4()),
        subject_id=kept.disclosure_id,
        finding=messages.REVIEW_FINDING_JUSTIFIED,
        words="There was no other way.",
    )
    assert (await office.ask("ReviewEmergency", review, "dpo")).HasField("reviewed_time")
    page = await office.ask("ListEmergencyReviews", messages.ListEmergencyReviewsRequest(), "dpo")
    assert not page.reviews


async def test_an_emergency_access_is_asked_for_allowed_and_used_by_people_with_a_second_factor(
    fresh_database: MakeDatabase, broker: Broker, tmp_path: Path
) -> None:
    database, asker = fresh_database(schemas=("intake", "referral")), uuid4()
    async with (
        running_intake(database, tmp_path, roles="grpc,stream", bootstrap=broker.bootstrap) as intake,
        referral_voice(database, broker.bootstrap) as referral,
        desk_at(intake) as desk,
    ):
        await desk.agree()
        need = await desk.need(await desk.person())
        fact = accepted(desk.agency_id, purpose=COURSES, needed_mask=1, for_assessment=False)
        await referral.say(fact, UUID(need.referral_id), 2)
        with refused() as refusal:  # it has arrived when consent is what is missing
            await desk.ask(need)
        assert refusal.reason == "CONSENT_NOT_IN_FORCE"
        strong: dict[str, Any] = {"agency_id": desk.agency_id, "principal_id": asker, "acr": SECOND_FACTOR}
        request = access.RequestEmergencyAccessRequest(
            request_id=str(uuid4()),
            referral_id=need.referral_id,
            categories=["NAME", "BIRTH_AND_SEX"],
            circumstances="She is in hospital and cannot speak.",
        )
        async with (
            intake.channel_of("agency_member", **(strong | {"acr": "pwd"})) as weak_channel,
            intake.channel_of("agency_member", **strong) as channel,
            intake.channel_of("dpo", agency_id=None, acr=SECOND_FACTOR) as officer_channel,
        ):
            weak, door = EmergencyAccessServiceStub(weak_channel), EmergencyAccessServiceStub(channel)
            officer = EmergencyAccessServiceStub(officer_channel)
            with refused() as refusal:
                await weak.RequestEmergencyAccess(request)
            assert refusal.reason == "SECOND_FACTOR_NEEDED"
            asked = await door.RequestEmergencyAccess(request)
            assert await door.RequestEmergencyAccess(request) == asked
            [waiting] = (await officer.ListEmergencyAccesses(access.ListEmergencyAccessesRequest())).accesses
            assert (waiting.circumstances, waiting.decidable) == (request.circumstances, True)
            counting = WaitingServiceStub(officer_channel)
            counted = await counting.CountWaiting(CountWaitingRequest())
            assert counted.emergency_accesses == Waiting(count=1), "it has no time: somebody waits for it now"
            decided = await officer.DecideEmergencyAccess(
                access.DecideEmergencyAccessRequest(
                    request_id=str(uuid4()),
                    emergency_access_id=waiting.emergency_access_id,
                    authorised=True,
                    categories=["NAME"],
                )
            )
            assert decided.HasField("valid_until_time")
            given = await door.GetEmergencyDisclosure(
                access.GetEmergencyDisclosureRequest(
                    request_id=str(uuid4()), emergency_access_id=asked.emergency_access_id
                )
            )
        assert list(given.given_categories) == ["NAME"]
        assert given.beneficiary.names.latin.given == "Amna"
        assert not given.beneficiary.HasField("birth")
