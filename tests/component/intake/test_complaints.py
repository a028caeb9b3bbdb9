"""Complaints at the real door."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import grpc

from kem.disclosure.v1 import complaint_service_pb2 as messages
from kem.disclosure.v1.complaint_service_pb2_grpc import ComplaintServiceStub
from tests.component.intake.desk import at
from tests.support.intake import running_intake
from tests.support.postgres import MakeDatabase
from tests.support.refusals import refused


async def test_somebody_complains_without_a_name_and_the_accused_agency_finds_nothing(
    fresh_database: MakeDatabase, tmp_path: Path
) -> None:
    accused = uuid4()
    request = messages.RegisterComplaintRequest(
        request_id=str(uuid4()),
        kind=messages.COMPLAINT_KIND_TREATMENT,
        accused_agency_id=str(accused),
        words="They shouted at me.",
        received_time=at(datetime.now(UTC)),
    )
    everything = messages.ListComplaintsRequest(view=messages.COMPLAINT_VIEW_ALL)
    async with (
        running_intake(fresh_database(schemas=("intake",)), tmp_path) as intake,
        intake.channel_of("caseworker") as desk_channel,
        intake.channel_of("supervisor", "dpo", agency_id=accused) as accused_channel,
        intake.channel_of("dpo", agency_id=None) as officer_channel,
    ):
        desk, officer = ComplaintServiceStub(desk_channel), ComplaintServiceStub(officer_channel)
        looking = ComplaintServiceStub(accused_channel)
        kept = await desk.RegisterComplaint(request)
        assert await desk.RegisterComplaint(request) == kept
        answer = messages.AnswerComplaintRequest(
            request_id=str(uuid4()),
            complaint_id=kept.complaint_id,
            finding=messages.COMPLAINT_FINDING_NOT_ESTABLISHED,
            words="Nobody saw it.",
        )
        refusals = []
        for complaint_id in (kept.complaint_id, str(uuid4())):
            answer.complaint_id = complaint_id
            with refused() as refusal:
                await looking.AnswerComplaint(answer)
            refusals.append((refusal.code, refusal.reason, refusal.message))
        assert refusals[0] == refusals[1]
        assert refusals[0][0] is grpc.StatusCode.NOT_FOUND
        assert not (await looking.ListComplaints(everything)).complaints
        refusals = []
        for complaint_id in (kept.complaint_id, str(uuid4())):
            with refused() as refusal:
                await looking.GetComplaint(messages.GetComplaintRequest(complaint_id=complaint_id))
            refusals.append((refusal.code, refusal.reason, refusal.message))
        assert refusals[0] == refusals[1]
        assert refusals[0][:2] == (grpc.StatusCode.NOT_FOUND, "COMPLAINT_NOT_FOUND")
        answer.complaint_id = kept.complaint_id
        assert (await officer.AnswerComplaint(answer)).HasField("answered_time")
        [one] = (await officer.ListComplaints(everything)).complaints
        alone = await officer.GetComplaint(messages.GetComplaintRequest(complaint_id=kept.complaint_id))
        assert alone.complaint == one
    assert (one.accused_agency_id, one.anonymous, one.overdue) == (str(accused), True, False)
    assert (one.words, one.answer_words) == (request.words, answer.words)
    assert (one.kind, one.finding) == (request.kind, answer.finding)
    assert not one.HasField("person_told_time")
