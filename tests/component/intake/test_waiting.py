"""How much waits for an officer or an agency, at the real door: numbers alone, nothing of anybody."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from kem.disclosure.v1 import complaint_service_pb2 as complaints
from kem.disclosure.v1 import rights_service_pb2 as rights
from kem.disclosure.v1 import waiting_service_pb2 as messages
from kem.disclosure.v1.complaint_service_pb2_grpc import ComplaintServiceStub
from kem.disclosure.v1.emergency_service_pb2_grpc import EmergencyServiceStub
from kem.disclosure.v1.rights_service_pb2_grpc import RightsServiceStub
from kem.disclosure.v1.waiting_service_pb2_grpc import WaitingServiceStub
from kem.intake.v1 import intake_service_pb2 as intake_messages
from kem.intake.v1.need_pb2 import ROUTING_HOLD
from tests.component.intake.desk import Desk, at
from tests.component.intake.office import AnyOffice
from tests.component.intake.telephone import handover_request
from tests.support.intake import RunningIntake
from tests.support.refusals import refused

NOTHING = messages.Waiting()
EVERY_LIST = ("emergency_accesses", "emergency_reviews", "recalls", "rights_requests", "complaints")


@dataclass(frozen=True, slots=True)
class Office(AnyOffice):
    """Where an officer asks how much waits."""

    stub = WaitingServiceStub

    async def counted(self, *roles: str, **who: Any) -> messages.CountWaitingResponse:
        asked = roles or ("dpo",)
        found: messages.CountWaitingResponse = await self.ask(
            "CountWaiting", messages.CountWaitingRequest(), *asked, **({"agency_id": None} | who)
        )
        return found

    async def asked_by_right(self, days_ago: int) -> str:
        """Somebody asks, and it is entered that they did so many days ago."""
        request = rights.RegisterRightsRequestRequest(
            request_id=str(uuid4()),
            beneficiary_id=await self.desk.person(),
            right=rights.RIGHT_ACCESS,
            asked_by=rights.ASKED_BY_SELF,
            words="What have you written about me?",
            received_time=at(datetime.now(UTC) - timedelta(days=days_ago)),
        )
        async with self.intake.channel_of("caseworker") as channel:
            return str((await RightsServiceStub(channel).RegisterRightsRequest(request)).rights_request_id)

    async def complained_of(self, days_ago: int) -> str:
        """Somebody complains, and it is entered that they did so many days ago."""
        request = complaints.RegisterComplaintRequest(
            request_id=str(uuid4()),
            kind=complaints.COMPLAINT_KIND_HELP,
            words="Nobody came.",
            received_time=at(datetime.now(UTC) - timedelta(days=days_ago)),
        )
        async with self.intake.channel_of("caseworker") as channel:
            return str((await ComplaintServiceStub(channel).RegisterComplaint(request)).complaint_id)

    async def told(self, person: str, **changes: Any) -> None:
        """An agency is told something of them by telephone."""
        need = await self.desk.need(person, routing=ROUTING_HOLD)
        request = handover_request(need.referral_id, str(self.desk.agency_id), **changes)
        async with self.intake.channel_of() as channel:
            await EmergencyServiceStub(channel).RecordHandover(request)

    def accesses_on_record(self) -> int:
        """How many reads of anybody's data have been told."""
        told = self.intake.database.execute(
            "select count(*) from (select type from intake.outbox union all"
            " select type from intake.event_log) as told where type = 'AccessRecorded'"
        )
        return int(told)


@pytest.fixture
def office(intake: RunningIntake, desk: Desk) -> Office:
    return Office(intake, desk)


async def test_where_nothing_waits_nothing_is_counted(office: Office) -> None:
    found = await office.counted()
    assert {field.name: one for field, one in found.ListFields()} == dict.fromkeys(EVERY_LIST, NOTHING)


async def test_complaints_are_counted_by_their_month_until_they_are_answered(office: Office) -> None:
    for days in (0, 26, 40):
        await office.complained_of(days)
    for role in ("dpo", "safeguarding_officer"):
        waiting = (await office.counted(role)).complaints
        assert (waiting.count, waiting.overdue, waiting.due_soon) == (3, 1, 1)
    request = complaints.AnswerComplaintRequest(
        request_id=str(uuid4()),
        complaint_id=await office.complained_of(40),
        finding=complaints.COMPLAINT_FINDING_UPHELD,
        words="It was so.",
    )
    async with office.intake.channel_of("safeguarding_officer", agency_id=None) as channel:
        await ComplaintServiceStub(channel).AnswerComplaint(request)
    assert (await office.counted()).complaints.count == 3
    assert (await office.counted(agency_id=uuid4())).complaints == NOTHING, "another agency registered them"


async def test_a_list_that_a_role_may_not_read_is_not_counted_for_it(office: Office) -> None:
    await office.asked_by_right(0)
    found = await office.counted("safeguarding_officer")
    assert {field.name for field, _ in found.ListFields()} == {"emergency_reviews", "recalls", "complaints"}
    both = await office.counted("safeguarding_officer", "dpo")
    assert {field.name for field, _ in both.ListFields()} == set(EVERY_LIST)


async def test_requests_by_right_are_counted_by_their_month(office: Office) -> None:
    for days in (0, 25, 26, 40):
        await office.asked_by_right(days)
    waiting = (await office.counted()).rights_requests
    assert (waiting.count, waiting.overdue, waiting.due_soon) == (4, 1, 2)
    first = waiting.first_due_time.ToDatetime(tzinfo=UTC)
    late = datetime.now(UTC) - first
    assert timedelta(days=7) < late < timedelta(days=13), "a month after that day in Athens"


async def test_what_is_answered_waits_no_more(office: Office) -> None:
    asked = [await office.asked_by_right(days) for days in (0, 40)]
    answer = rights.AnswerRightsRequestRequest(
        request_id=str(uuid4()),
        rights_request_id=asked[1],
        answer=rights.RIGHTS_ANSWER_REFUSED,
        refusal_ground=rights.REFUSAL_GROUND_IDENTITY_NOT_SHOWN,
        words="We could not tell who asks.",
        person_told_time=at(datetime.now(UTC)),
    )
    async with office.intake.channel_of("dpo", agency_id=None) as channel:
        await RightsServiceStub(channel).AnswerRightsRequest(answer)
    waiting = (await office.counted()).rights_requests
    assert (waiting.count, waiting.overdue) == (1, 0)


async def test_reviews_and_recalls_are_counted_as_their_lists_show_them_and_nobody_is_read(
    office: Office,
) -> None:
    await office.desk.agree()
    person = await office.desk.person()
    await office.desk.consent(person, valid_from_time=datetime.now(UTC) - timedelta(days=2))
    await office.told(person)
    for _ in range(2):
        await office.told(await office.desk.person(), legal_basis="VITAL_INTEREST")
    await office.desk.intake.WithdrawConsent(
        intake_messages.WithdrawConsentRequest(request_id=str(uuid4()), beneficiary_id=person)
    )
    before = office.accesses_on_record()
    found = await office.counted()
    assert (found.emergency_reviews.count, found.emergency_reviews.overdue) == (2, 0)
    assert found.emergency_reviews.HasField("first_due_time")
    assert (found.recalls.count, found.recalls.overdue, found.recalls.due_soon) == (1, 0, 1)
    assert office.accesses_on_record() == before


async def test_an_agency_is_told_how_much_it_was_given_and_must_say_of(office: Office) -> None:
    holder = office.desk.agency_id
    await office.desk.agree()
    person = await office.desk.person()
    await office.desk.consent(person, valid_from_time=datetime.now(UTC) - timedelta(days=2))
    await office.told(person)
    await office.desk.intake.WithdrawConsent(
        intake_messages.WithdrawConsentRequest(request_id=str(uuid4()), beneficiary_id=person)
    )
    before = office.accesses_on_record()
    for role in ("agency_member", "agency_admin"):
        found = await office.counted(role, agency_id=holder)
        assert {field.name for field, _ in found.ListFields()} == {"recalls_to_answer"}
        waiting = found.recalls_to_answer
        assert (waiting.count, waiting.overdue, waiting.due_soon) == (1, 0, 1)
        due = waiting.first_due_time.ToDatetime(tzinfo=UTC) - datetime.now(UTC)
        assert timedelta(hours=71) < due <= timedelta(hours=72)
        assert (await office.counted(role, agency_id=uuid4())).recalls_to_answer == NOTHING, "not another's"
    assert office.accesses_on_record() == before
    office.intake.database.execute(
        "update intake.recall set opened_time = opened_time - interval '80 hours',"
        " due_time = due_time - interval '80 hours'"
    )
    assert (await office.counted("agency_member", agency_id=holder)).recalls_to_answer.overdue == 1
    office.intake.database.execute(
        "update intake.recall set acknowledged_time = now(), destroyed_mask = recalled_mask,"
        " acknowledged_by_principal_id = gen_random_uuid(), acting_person = 'x'"
    )
    assert (await office.counted("agency_member", agency_id=holder)).recalls_to_answer == NOTHING


async def test_numbers_are_of_the_hub_s_officer_or_of_the_agency_that_they_act_for(office: Office) -> None:
    await office.asked_by_right(0)
    assert (await office.counted()).rights_requests.count == 1
    assert (await office.counted(agency_id=uuid4())).rights_requests == NOTHING, "another agency's"
    for role in ("auditor", "supervisor", "caseworker", "operator"):
        with refused() as refusal:
            await office.counted(role)
        assert refusal.reason == "NOT_PERMITTED"
