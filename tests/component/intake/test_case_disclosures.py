"""What agencies were given of a person, as the desk that registered them reads it, through intake's door."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest

from kem.disclosure.v1 import case_disclosure_service_pb2 as messages
from kem.disclosure.v1 import inquiry_service_pb2 as inquiry
from kem.disclosure.v1 import recall_service_pb2 as recall
from kem.disclosure.v1.case_disclosure_service_pb2_grpc import CaseDisclosureServiceStub
from kem.disclosure.v1.emergency_service_pb2 import HANDOVER_ANSWER_NOT_TAKEN, HANDOVER_ANSWER_TAKEN
from kem.disclosure.v1.emergency_service_pb2_grpc import EmergencyServiceStub
from kem.disclosure.v1.recall_service_pb2_grpc import RecallServiceStub
from kem.intake.v1 import case_service_pb2 as cases
from kem.intake.v1 import consent_pb2, intake_service_pb2, need_pb2
from kem.intake.v1.case_service_pb2_grpc import CaseServiceStub
from kem.intake.v1.intake_service_pb2_grpc import IntakeServiceStub
from kem.intake.v1.merge_service_pb2_grpc import MergeServiceStub
from kernel import codes
from kernel.restricted import RESTRICTED_TYPES
from tests.component.intake.desk import COURSES, Desk, at, desk_that_hears
from tests.component.intake.erasing import erase
from tests.component.intake.office import AnyOffice
from tests.component.intake.telephone import handover_request
from tests.component.intake.test_listed_people import accesses_of
from tests.component.intake.test_merges import merge_of
from tests.support.intake import RunningIntake
from tests.support.postgres import MakeDatabase
from tests.support.referral_voice import accepted
from tests.support.refusals import refused
from tools.stack.broker import Broker

NEEDED = codes.service_type("GREEK_A1").needed_mask
METHOD = "/kem.disclosure.v1.CaseDisclosureService/ListCaseDisclosures"


@dataclass(frozen=True, slots=True)
class Office(AnyOffice):
    """Where cases are read."""

    stub = CaseDisclosureServiceStub

    async def given(self, person: str, *roles: str, **fields: Any) -> messages.ListCaseDisclosuresResponse:
        who = fields.pop("who", {})
        request = messages.ListCaseDisclosuresRequest(beneficiary_id=person, **fields)
        page: messages.ListCaseDisclosuresResponse = await self.ask(
            "ListCaseDisclosures", request, *(roles or ("caseworker",)), **who
        )
        return page

    async def changes(self, *people: str, role: str = "caseworker", **who: Any) -> dict[str, int]:
        request = cases.CountCaseChangesRequest(beneficiary_ids=people)
        async with self.intake.channel_of(role, **who) as channel:
            answer = await CaseServiceStub(channel).CountCaseChanges(request)
        return {one.beneficiary_id: one.changes for one in answer.cases}

    async def tell(self, person: str, **changes: Any) -> str:
        """Somebody at the desk tells the partner by telephone; answers the need's referral."""
        held = {"routing": need_pb2.ROUTING_HOLD}
        need = await self.desk.need(person, **(held | changes.pop("need", {})))
        request = handover_request(need.referral_id, str(self.desk.agency_id), **changes)
        async with self.intake.channel_of("caseworker") as channel:
            await EmergencyServiceStub(channel).RecordHandover(request)
        return need.referral_id

    async def withdraw(self, person: str) -> None:
        request = intake_service_pb2.WithdrawConsentRequest(request_id=str(uuid4()), beneficiary_id=person)
        await self.desk.intake.WithdrawConsent(request)


@pytest.fixture
async def office(intake: RunningIntake, desk: Desk) -> Office:
    await desk.agree()
    return Office(intake, desk)


async def test_what_the_holder_reads_is_one_line_until_it_is_refused_and_asked_back(
    fresh_database: MakeDatabase, broker: Broker, tmp_path: Path
) -> None:
    async with desk_that_hears(fresh_database, broker, tmp_path) as (intake, referral, desk):
        office = Office(intake, desk)
        await desk.agree()
        person, ends = await desk.person(), datetime.now(UTC) + timedelta(days=9)
        await desk.consent(person, valid_until_time=ends)
        need = await desk.need(person)
        fact = accepted(desk.agency_id, purpose=COURSES, needed_mask=NEEDED)
        await referral.say(fact, UUID(need.referral_id), 2)
        before = await office.changes(person)
        first = await desk.ask(need)
        assert abs(first.permitted_until_time.ToDatetime(tzinfo=UTC) - ends) < timedelta(seconds=1)
        once = await office.changes(person)
        assert once[person] == before[person] + 1
        last = await desk.ask(need)
        assert await office.changes(person) == once, "the same, read again, is nothing new in the case"
        [line] = (await office.given(person)).disclosures
        assert (line.disclosure_id, line.referral_id) == (last.disclosure_id, need.referral_id)
        assert (line.agency_id, line.kind) == (str(desk.agency_id), inquiry.DISCLOSURE_KIND_PULLED)
        assert list(line.categories) == codes.categories_in(NEEDED)
        assert (line.first_time, line.last_time, line.times) == (
            first.disclosed_time,
            last.disclosed_time,
            2,
        )
        assert (list(line.legal_bases), line.refusal_reason, len(line.recalls)) == (["CONSENT"], "", 0)
        assert line.permitted_until_time == first.permitted_until_time

        await office.withdraw(person)
        with refused() as refusal:
            await desk.ask(need)
        assert refusal.reason == "CONSENT_NOT_IN_FORCE"
        [again, line] = (await office.given(person)).disclosures
        assert (again.refusal_reason, list(again.categories)) == ("CONSENT_NOT_IN_FORCE", [])
        assert not again.HasField("permitted_until_time")
        assert not line.HasField("permitted_until_time"), "what was taken back lasts until nothing"
        [asked] = line.recalls
        assert (asked.cause, asked.HasField("acknowledged_time")) == (recall.RECALL_CAUSE_WITHDRAWN, False)
        assert list(asked.categories) == codes.categories_in(NEEDED)
        async with intake.channel_of("agency_member", agency_id=desk.agency_id) as holder:
            answer = recall.AcknowledgeRecallRequest(
                request_id=str(uuid4()),
                recall_id=asked.recall_id,
                destroyed_categories=codes.categories_in(NEEDED),
            )
            said = await RecallServiceStub(holder).AcknowledgeRecall(answer)
        [_, line] = (await office.given(person)).disclosures
        assert line.recalls[0].acknowledged_time == said.acknowledged_time
        assert list(line.recalls[0].destroyed_categories) == codes.categories_in(NEEDED)
        assert not line.recalls[0].kept_categories


async def test_each_call_is_a_line_in_pages_and_of_one_referral_where_it_is_asked_for(office: Office) -> None:
    person, other = await office.desk.person(), await office.desk.person()
    for one in (person, other):
        await office.desk.consent(one, valid_from_time=datetime.now(UTC) - timedelta(days=1))
    taken = await office.tell(person, told_categories=["NAME", "SAFE_CONTACT"])
    await office.tell(person, answer=HANDOVER_ANSWER_NOT_TAKEN)
    await office.tell(other)
    first = await office.given(person, page_size=1)
    rest = await office.given(person, page_size=1, page_token=first.next_page_token)
    [late], [early] = first.disclosures, rest.disclosures
    assert (late.answer, early.answer) == (HANDOVER_ANSWER_NOT_TAKEN, HANDOVER_ANSWER_TAKEN)
    assert (early.referral_id, rest.next_page_token) == (taken, "")
    assert early.kind == inquiry.DISCLOSURE_KIND_VERBAL
    assert sorted(early.categories) == ["NAME", "SAFE_CONTACT"]
    [only] = (await office.given(person, referral_id=taken)).disclosures
    assert only == early
    assert not (await office.given(person, referral_id=str(uuid4()))).disclosures


async def test_until_when_it_is_permitted_follows_from_what_the_person_says_now(office: Office) -> None:
    desk, now = office.desk, datetime.now(UTC)
    person = await desk.person()

    async def until() -> datetime | None:
        [line] = (await office.given(person)).disclosures
        has_end = line.HasField("permitted_until_time")
        return line.permitted_until_time.ToDatetime(tzinfo=UTC) if has_end else None

    soon, later = (at(now + timedelta(days=days)).ToDatetime(tzinfo=UTC) for days in (9, 20))
    await desk.consent(person, valid_from_time=now - timedelta(days=1), valid_until_time=soon)
    await office.tell(person, told_categories=["NAME", "SAFE_CONTACT"])
    assert await until() == soon
    await desk.consent(person, valid_from_time=soon, valid_until_time=later, categories=["SAFE_CONTACT"])
    assert await until() == soon, "the name is not carried on"
    await desk.consent(person, valid_until_time=later, categories=["NAME"])
    assert await until() == later
    async with office.intake.channel_of("child_protection_officer") as channel:
        officer, doubt = IntakeServiceStub(channel), {"beneficiary_id": person, "words": "Doubt."}
        await officer.FreezeConsent(intake_service_pb2.FreezeConsentRequest(request_id=str(uuid4()), **doubt))
        assert await until() is None, "while it is frozen nothing is permitted"
        await officer.LiftConsentFreeze(
            intake_service_pb2.LiftConsentFreezeRequest(request_id=str(uuid4()), **doubt)
        )
    assert await until() == later
    middle = at(now + timedelta(days=12)).ToDatetime(tzinfo=UTC)
    denied: dict[str, Any] = {"effect": consent_pb2.GRANT_EFFECT_DENY, "categories": ["NAME"]}
    await desk.consent(person, valid_from_time=middle, valid_until_time=later, **denied)
    assert await until() == middle
    await desk.consent(person, valid_until_time=later, **denied)
    assert await until() is None
    [line] = (await office.given(person)).disclosures
    assert [list(one.categories) for one in line.recalls] == [["NAME"]]


async def test_what_is_read_again_meanwhile_makes_no_page_leave_out_a_line(
    fresh_database: MakeDatabase, broker: Broker, tmp_path: Path
) -> None:
    async with desk_that_hears(fresh_database, broker, tmp_path) as (intake, referral, desk):
        office = Office(intake, desk)
        await desk.agree()
        person = await desk.person()
        await desk.consent(person)
        needs = [await desk.need(person) for _ in range(3)]
        for need in needs:
            fact = accepted(desk.agency_id, purpose=COURSES, needed_mask=NEEDED)
            await referral.say(fact, UUID(need.referral_id), 2)
            await desk.ask(need)
        first = await office.given(person, page_size=1)
        await desk.ask(needs[0])
        second = await office.given(person, page_size=1, page_token=first.next_page_token)
        await desk.ask(needs[0])
        await desk.ask(needs[1])
        third = await office.given(person, page_size=1, page_token=second.next_page_token)
        lines = [one for page in (first, second, third) for one in page.disclosures]
        assert [one.referral_id for one in lines] == [one.referral_id for one in reversed(needs)]
        assert [one.times for one in lines] == [1, 1, 1], "as it stood when the first page was read"
        assert third.next_page_token == ""
        anew = (await office.given(person)).disclosures
        assert [(one.referral_id, one.times) for one in anew] == [
            (needs[1].referral_id, 2),
            (needs[0].referral_id, 3),
            (needs[2].referral_id, 1),
        ]


async def test_a_place_that_no_page_ended_at_is_refused(office: Office) -> None:
    person = await office.desk.person()
    await office.desk.consent(person, valid_from_time=datetime.now(UTC) - timedelta(days=1))
    for _ in range(2):
        await office.tell(person)
    token = (await office.given(person, page_size=1)).next_page_token
    for wrong in ("nothing", token.partition(".")[0], f".{token}", f"{token}A"):
        with refused() as refusal:
            await office.given(person, page_token=wrong)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID")


async def test_whoever_did_not_register_the_person_is_told_of_nobody(office: Office) -> None:
    person = await office.desk.person()
    await office.desk.consent(person, valid_from_time=datetime.now(UTC) - timedelta(days=1))
    await office.tell(person)
    for agency_id in (office.desk.agency_id, uuid4()):
        who: dict[str, Any] = {"agency_id": agency_id}
        with refused() as refusal:
            await office.given(person, "agency_member", who=who)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "BENEFICIARY_NOT_FOUND")
        assert await office.changes(person, **who) == {}
    with refused() as refusal:
        await office.given(person, "dpo", who={"agency_id": None})
    assert refusal.code is grpc.StatusCode.PERMISSION_DENIED
    await erase(office.intake, person)
    with refused() as refusal:
        await office.given(person)
    assert refusal.reason == "BENEFICIARY_ERASED"
    assert await office.changes(person) == {}


async def test_the_read_is_on_record_and_a_number_is_none(office: Office) -> None:
    person = await office.desk.person()
    reader = uuid4()
    await office.changes(person, principal_id=reader)
    assert not accesses_of(office.intake, reader)
    await office.given(person, who={"principal_id": reader})
    [read] = accesses_of(office.intake, reader)
    assert (read.method, list(read.subject_ids)) == (METHOD, [person])


async def test_for_whom_a_restricted_service_was_told_is_shown_to_protection_staff_alone(
    office: Office,
) -> None:
    person = await office.desk.person()
    await office.desk.consent(person, valid_from_time=datetime.now(UTC) - timedelta(days=1))
    restricted = {"service_type": RESTRICTED_TYPES[0], "routing": need_pb2.ROUTING_ASK_FIRST}
    before = await office.changes(person)
    await office.tell(person, need=restricted, legal_basis="VITAL_INTEREST")
    assert not (await office.given(person)).disclosures
    seen, by_protection = await office.changes(person), await office.changes(person, role="gbv_focal_point")
    assert seen[person] == before[person] + 1, "the need stands in the case, what was told for it does not"
    assert by_protection[person] == seen[person] + 1
    [line] = (await office.given(person, "gbv_focal_point")).disclosures
    assert (list(line.legal_bases), line.HasField("permitted_until_time")) == (["VITAL_INTEREST"], False)


async def test_what_was_told_of_a_merged_record_is_shown_with_the_kept_one(office: Office) -> None:
    kept, merged = await office.desk.person(), await office.desk.person()
    await office.desk.consent(merged, valid_from_time=datetime.now(UTC) - timedelta(days=1))
    referral_id = await office.tell(merged)
    async with office.intake.channel_of("gbv_focal_point") as officer:
        await MergeServiceStub(officer).MergeBeneficiaries(merge_of(kept, merged))
    assert [one.referral_id for one in (await office.given(kept)).disclosures] == [referral_id]


async def test_a_merged_record_that_the_reader_may_not_know_of_moves_no_number(office: Office) -> None:
    kept, merged = await office.desk.person(), await office.desk.person()
    await office.desk.need(merged, service_type=RESTRICTED_TYPES[0], routing=need_pb2.ROUTING_ASK_FIRST)
    async with office.intake.channel_of("gbv_focal_point") as officer:
        await MergeServiceStub(officer).MergeBeneficiaries(merge_of(kept, merged))
    assert await office.changes(kept) == {kept: 0}
    assert await office.changes(kept, role="gbv_focal_point") == {kept: 1}


async def test_whatever_is_recorded_in_a_case_changes_its_number_and_no_others(office: Office) -> None:
    desk, numbers = office.desk, []
    person, other = await desk.person(), await desk.person()

    async def now() -> None:
        counted = await office.changes(person, other)
        assert counted[other] == 0
        numbers.append(counted[person])

    await now()
    await desk.consent(person, valid_from_time=datetime.now(UTC) - timedelta(days=1))
    await now()
    need = await desk.need(person)
    await now()
    await office.tell(person)
    await now()
    await office.withdraw(person)
    await now()
    withdrawn = intake_service_pb2.WithdrawNeedRequest(
        request_id=str(uuid4()), need_id=need.need_id, reason="CHANGED_MIND"
    )
    await desk.intake.WithdrawNeed(withdrawn)
    await now()
    said = intake_service_pb2.RecordConsentStateRequest(
        request_id=str(uuid4()),
        beneficiary_id=person,
        answer=consent_pb2.CONSENT_ANSWER_REFUSED,
        happened_time=at(datetime.now(UTC)),
    )
    await desk.intake.RecordConsentState(said)
    await now()
    assert numbers == sorted(set(numbers)), numbers
