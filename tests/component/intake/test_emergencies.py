"""Hand-overs and reviews at the real door."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest

from kem.disclosure.v1 import emergency_service_pb2 as messages
from kem.disclosure.v1.emergency_service_pb2_grpc import EmergencyServiceStub
from tests.component.intake.desk import Desk, desk_at
from tests.component.intake.telephone import handover_request
from tests.support.intake import RunningIntake, running_intake
from tests.support.postgres import MakeDatabase
from tests.support.refusals import refused


@dataclass(frozen=True, slots=True)
class Office:
    """A running intake with a desk at it."""

    intake: RunningIntake
    desk: Desk

    async def ask(self, method: str, request: Any, *roles: str) -> Any:
        """One call of somebody of KEM."""
        async with self.intake.channel_of(*roles) as channel:
            return await getattr(EmergencyServiceStub(channel), method)(request)


@pytest.fixture
async def office(fresh_database: MakeDatabase, tmp_path: Path) -> AsyncIterator[Office]:
    database = fresh_database(schemas=("intake",))
    async with running_intake(database, tmp_path) as intake, desk_at(intake) as desk:
        yield Office(intake, desk)


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
