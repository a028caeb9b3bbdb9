"""What is asked back from agencies, at the real door."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest

from kem.disclosure.v1 import recall_service_pb2 as messages
from kem.disclosure.v1.emergency_service_pb2_grpc import EmergencyServiceStub
from kem.disclosure.v1.recall_service_pb2_grpc import RecallServiceStub
from kem.intake.v1 import intake_service_pb2
from kem.intake.v1.need_pb2 import ROUTING_HOLD, RecordedNeed
from tests.component.intake.desk import Desk, at
from tests.component.intake.office import AnyOffice
from tests.component.intake.telephone import handover_request
from tests.support.intake import RunningIntake
from tests.support.refusals import refused

HELD, SENT = messages.RECALL_VIEW_HELD, messages.RECALL_VIEW_SENT
OPEN, ALL = messages.RECALL_FILTER_OPEN, messages.RECALL_FILTER_ALL
WORDS = "The tax office asks for our books of this year."


@dataclass(frozen=True, slots=True)
class Office(AnyOffice):
    """Where the door to recalls is spoken to; an agency was told somebody's name."""

    stub = RecallServiceStub
    person: str
    need: RecordedNeed
    member_id: UUID = field(default_factory=uuid4)

    async def holder(self, method: str, request: Any) -> Any:
        """One call of the agency that was told something."""
        who = {"agency_id": self.desk.agency_id, "principal_id": self.member_id}
        return await self.ask(method, request, "agency_member", **who)

    async def withdraw(self, **changes: Any) -> intake_service_pb2.WithdrawConsentResponse:
        request = intake_service_pb2.WithdrawConsentRequest(
            request_id=str(uuid4()), beneficiary_id=self.person, **changes
        )
        return await self.desk.intake.WithdrawConsent(request)


@pytest.fixture
async def office(intake: RunningIntake, desk: Desk) -> Office:
    await desk.agree()
    person = await desk.person()
    await desk.consent(person, valid_from_time=datetime.now(UTC) - timedelta(days=2))
    need = await desk.need(person, routing=ROUTING_HOLD)
    async with intake.channel_of() as channel:
        told = handover_request(need.referral_id, str(desk.agency_id))
        await EmergencyServiceStub(channel).RecordHandover(told)
    return Office(intake, desk, person, need)


def listing(view: Any, only: Any = OPEN, **fields: Any) -> messages.ListRecallsRequest:
    return messages.ListRecallsRequest(view=view, filter=only, **fields)


async def test_a_holder_is_asked_by_the_referral_it_knows_and_answers_once(office: Office) -> None:
    assert not (await office.holder("ListRecalls", listing(HELD))).recalls
    withdrawn = await office.withdraw()
    assert (withdrawn.recalls_opened, list(withdrawn.disclosure_ids_in_between)) == (1, [])
    assert withdrawn.in_between_count == 0
    [recall] = (await office.holder("ListRecalls", listing(HELD))).recalls
    assert (recall.referral_id, recall.beneficiary_id) == (office.need.referral_id, "")
    assert (recall.cause, recall.overdue) == (messages.RECALL_CAUSE_WITHDRAWN, False)
    assert list(recall.recalled_categories) == ["NAME"]
    assert recall.due_time.ToDatetime() - recall.opened_time.ToDatetime() == timedelta(hours=72)
    request = messages.AcknowledgeRecallRequest(
        request_id=str(uuid4()),
        recall_id=recall.recall_id,
        kept_categories=["NAME"],
        kept_ground="LEGAL_OBLIGATION",
        words=WORDS,
    )
    first = await office.holder("AcknowledgeRecall", request)
    assert await office.holder("AcknowledgeRecall", request) == first
    request.request_id = str(uuid4())
    with refused() as refusal:
        await office.holder("AcknowledgeRecall", request)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ALREADY_ACKNOWLEDGED")
    assert not (await office.holder("ListRecalls", listing(HELD))).recalls
    for roles, agency in ((("caseworker",), {}), (("dpo",), {"agency_id": None})):
        [read] = (await office.ask("ListRecalls", listing(SENT, ALL), *roles, **agency)).recalls
        assert (read.beneficiary_id, read.agency_id) == (office.person, str(office.desk.agency_id))
        answer = read.acknowledgement
        assert (list(answer.kept_categories), answer.kept_ground) == (["NAME"], "LEGAL_OBLIGATION")
        assert (answer.words, list(answer.destroyed_categories)) == (WORDS, [])
        assert answer.acknowledged_time == first.acknowledged_time


async def test_an_answer_that_leaves_something_out_is_told_what_is_asked(office: Office) -> None:
    await office.withdraw()
    [recall] = (await office.holder("ListRecalls", listing(HELD))).recalls
    request = messages.AcknowledgeRecallRequest(request_id=str(uuid4()), recall_id=recall.recall_id)
    with refused() as refusal:
        await office.holder("AcknowledgeRecall", request)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "RECALL_NOT_COVERED")
    assert "NAME" in str(refusal.message)
    request.kept_categories.append("NAME")
    with refused() as refusal:
        await office.holder("AcknowledgeRecall", request)
    assert refusal.reason == "KEPT_GROUND_MISSING"
    assert "DIRECT_AGREEMENT" in str(refusal.message)


async def test_a_withdrawal_entered_late_answers_what_was_given_in_between(office: Office) -> None:
    withdrawn = await office.withdraw(happened_time=at(datetime.now(UTC) - timedelta(days=1)))
    [recall] = (await office.ask("ListRecalls", listing(SENT), "caseworker")).recalls
    [given] = recall.disclosures
    assert (given.in_between, list(given.categories)) == (True, ["NAME"])
    assert list(withdrawn.disclosure_ids_in_between) == [given.disclosure_id]
    assert withdrawn.in_between_count == 1
    request = messages.ListRecalledDisclosuresRequest(recall_id=recall.recall_id)
    read = await office.holder("ListRecalledDisclosures", request)
    assert (list(read.disclosures), read.next_page_token) == ([given], "")
    with refused() as refusal:
        await office.ask("ListRecalledDisclosures", request, "agency_member", agency_id=uuid4())
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "RECALL_NOT_FOUND")


async def test_nobody_else_is_shown_or_can_answer_what_an_agency_is_asked(office: Office) -> None:
    await office.withdraw()
    [recall] = (await office.holder("ListRecalls", listing(HELD))).recalls
    other = {"agency_id": uuid4()}
    for view in (HELD, SENT):
        assert not (await office.ask("ListRecalls", listing(view), "agency_member", **other)).recalls
    request = messages.AcknowledgeRecallRequest(
        request_id=str(uuid4()), recall_id=recall.recall_id, destroyed_categories=["NAME"]
    )
    for roles, agency in ((("agency_member",), other), (("caseworker",), {})):
        with refused() as refusal:
            await office.ask("AcknowledgeRecall", request, *roles, **agency)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "RECALL_NOT_FOUND")
    with refused() as refusal:
        await office.holder("ListRecalls", listing(HELD, page_token="no place"))
    assert refusal.reason == "PAGE_TOKEN_INVALID"
