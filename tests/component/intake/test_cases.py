"""Who follows whose case, and what whoever follows cases is shown of them, through intake's own door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest

from kem.common.v1 import common_pb2
from kem.intake.v1 import case_service_pb2 as messages
from kem.intake.v1 import intake_service_pb2, need_pb2
from kem.intake.v1.case_service_pb2_grpc import CaseServiceStub
from kem.intake.v1.intake_service_pb2_grpc import IntakeServiceStub
from kem.intake.v1.merge_service_pb2_grpc import MergeServiceStub
from tests.component.intake.desk import Desk
from tests.component.intake.erasing import erase
from tests.component.intake.test_listed_people import accesses_of
from tests.component.intake.test_merges import merge_of
from tests.support.intake import RunningIntake
from tests.support.refusals import refused

SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody of an agency, by their own id."""

    intake: RunningIntake
    desk: Desk
    principal_id: UUID
    roles: tuple[str, ...]
    who: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.principal_id)

    @asynccontextmanager
    async def doors(self) -> AsyncIterator[tuple[Any, Any]]:
        """To people, and to cases."""
        async with self.intake.channel_of(*self.roles, principal_id=self.principal_id, **self.who) as channel:
            yield IntakeServiceStub(channel), CaseServiceStub(channel)

    async def person(self) -> str:
        """Registered by them."""
        async with self.doors() as (intake, _):
            return await Desk(self.desk.agency_id, intake, self.desk.partner, self.desk.officer).person()

    async def set(self, person: str, caseworker: str, deputy: str | None = None, **fields: str) -> Any:
        request = messages.SetCaseWorkersRequest(
            **({"request_id": str(uuid4())} | fields),
            beneficiary_id=person,
            caseworker_id=caseworker,
            deputy_id=deputy,
        )
        async with self.doors() as (_, cases):
            return (await cases.SetCaseWorkers(request)).set_time

    async def page(self, **fields: Any) -> messages.ListMyCasesResponse:
        async with self.doors() as (_, cases):
            page: messages.ListMyCasesResponse = await cases.ListMyCases(
                messages.ListMyCasesRequest(**fields)
            )
            return page

    async def cases(self, **fields: Any) -> list[messages.MyCase]:
        """All of them, by however many pages."""
        page = await self.page(**fields)
        found = list(page.cases)
        while page.next_page_token:
            page = await self.page(**(fields | {"page_token": page.next_page_token}))
            found += page.cases
        return found

    async def people(self) -> list[str]:
        return [case.beneficiary_id for case in await self.cases()]

    async def workers_of(self, person: str) -> tuple[str, str]:
        """Whom a person's page names."""
        async with self.doors() as (intake, _):
            shown = await intake.GetBeneficiary(
                intake_service_pb2.GetBeneficiaryRequest(beneficiary_id=person)
            )
            return shown.caseworker_id, shown.deputy_id


@dataclass(frozen=True, slots=True)
class Office:
    """Staff of one agency, and their colleagues elsewhere."""

    intake: RunningIntake
    desk: Desk

    def staff(self, *roles: str, **who: Any) -> Staff:
        return Staff(self.intake, self.desk, uuid4(), roles or ("caseworker",), who)

    async def merge(self, kept: str, merged: str) -> None:
        async with self.intake.channel_of("gbv_focal_point") as channel:
            await MergeServiceStub(channel).MergeBeneficiaries(merge_of(kept, merged))

    async def needs(self, person: str, count: int) -> list[str]:
        """Ids, those recorded last first; recorded together they are ordered by their ids."""
        new = [self.desk.new_need(person, routing=need_pb2.ROUTING_HOLD) for _ in range(count)]
        request = intake_service_pb2.RecordNeedsRequest(request_id=str(uuid4()), needs=new)
        answer = await self.desk.intake.RecordNeeds(request)
        return sorted((one.need_id for one in answer.needs), reverse=True)


@pytest.fixture
def office(intake: RunningIntake, desk: Desk) -> Office:
    return Office(intake, desk)


async def test_whoever_registers_a_person_follows_their_case_until_others_do(office: Office) -> None:
    first, second, deputy = office.staff("intake_worker"), office.staff(), office.staff()
    person = await first.person()
    assert await first.workers_of(person) == (first.id, "")
    assert await first.people() == [person]
    since = await office.staff(SUPERVISOR).set(person, second.id, deputy.id)
    assert await deputy.workers_of(person) == (second.id, deputy.id)
    assert (await first.people(), await second.people(), await deputy.people()) == ([], [person], [person])
    [case] = await deputy.cases()
    assert (case.caseworker_id, case.deputy_id, case.set_time) == (second.id, deputy.id, since)
    rows = office.intake.database.execute(
        "select caseworker_id || ' ' || coalesce(deputy_id::text, '-') || ' '"
        " || coalesce((select f.set_time from intake.case_workers f where f.set_time = c.ended_time)"
        " = c.ended_time, false) from intake.case_workers c order by set_time"
    )
    assert rows.split("\n")[:2] == [f"{first.id} - true", f"{second.id} {deputy.id} false"]


async def test_the_caseworker_hands_a_case_over_and_nobody_beside_them_but_a_supervisor_does(
    office: Office,
) -> None:
    own, deputy, other = office.staff(), office.staff(), office.staff("agency_member")
    person = await own.person()
    await own.set(person, own.id, deputy.id)
    for worker in (deputy, other, office.staff("child_protection_officer")):
        with refused() as refusal:
            await worker.set(person, worker.id)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "CASEWORKER_NEEDED")
    with refused() as refusal:
        await own.set(person, own.id, own.id)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "DEPUTY_IS_CASEWORKER")
    await own.set(person, deputy.id)
    with refused() as refusal:
        await own.set(person, own.id)
    assert refusal.reason == "CASEWORKER_NEEDED"
    assert await own.workers_of(person) == (deputy.id, "")


async def test_nobody_elses_person_has_case_workers_and_somebody_elsewhere_is_shown_nothing(
    office: Office,
) -> None:
    elsewhere = office.staff(agency_id=uuid4())
    supervisor, chief_elsewhere = office.staff(SUPERVISOR), office.staff(SUPERVISOR, agency_id=uuid4())
    person, gone = await supervisor.person(), await supervisor.person()
    await erase(office.intake, gone)
    for who, asked in ((chief_elsewhere, person), (supervisor, str(uuid4()))):
        with refused() as refusal:
            await who.set(asked, who.id)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "BENEFICIARY_NOT_FOUND")
    with refused() as refusal:
        await supervisor.set(gone, supervisor.id)
    assert refusal.reason == "BENEFICIARY_ERASED"
    assert await supervisor.people() == [person], "and whoever was erased is nobody's case"
    await supervisor.set(person, elsewhere.id)
    assert await elsewhere.people() == []
    for roles, reason in ((("auditor",), "NOT_PERMITTED"), (("caseworker",), "NO_AGENCY")):
        with refused() as refusal:
            await office.staff(*roles, agency_id=None).cases()
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, reason)


async def test_the_same_said_twice_is_written_once(office: Office) -> None:
    own, deputy = office.staff(), office.staff()
    person, again = await own.person(), str(uuid4())
    since = await own.set(person, own.id, deputy.id, request_id=again)
    assert await own.set(person, own.id, deputy.id, request_id=again) == since
    assert await own.set(person, own.id, deputy.id) == since
    with refused() as refusal:
        await own.set(person, deputy.id, own.id, request_id=again)
    assert refusal.reason == "REQUEST_ID_REUSED"
    assert office.intake.database.execute("select count(*) from intake.case_workers").strip() == "2"


async def test_a_case_shows_what_has_not_been_withdrawn_the_newest_first(office: Office) -> None:
    own = office.staff()
    person = await own.person()
    recorded = [
        await office.desk.need(person, service_type="VOCATIONAL_TRAINING", urgency=common_pb2.URGENCY_URGENT),
        await office.desk.need(person),
        await office.desk.need(person),
    ]
    await office.desk.intake.WithdrawNeed(
        intake_service_pb2.WithdrawNeedRequest(
            request_id=str(uuid4()), need_id=recorded[1].need_id, reason="FOUND_ELSEWHERE"
        )
    )
    [case] = await own.cases()
    assert [(one.need_id, one.referral_id) for one in case.needs] == [
        (one.need_id, one.referral_id) for one in (recorded[2], recorded[0])
    ]
    oldest = case.needs[1]
    assert (oldest.service_type, oldest.urgency) == ("VOCATIONAL_TRAINING", common_pb2.URGENCY_URGENT)
    assert oldest.recorded_time.ToMicroseconds() < case.needs[0].recorded_time.ToMicroseconds()
    assert (oldest.beneficiary_id, case.more_needs) == (person, False)


async def test_cases_taken_over_last_come_first_page_by_page(office: Office) -> None:
    own, former = office.staff(), office.staff()
    inherited = await former.person()
    people = [await own.person() for _ in range(3)]
    await former.set(inherited, own.id)
    order = [inherited, *people[::-1]]
    assert [one.beneficiary_id for one in await own.cases(page_size=1)] == order
    assert [one.beneficiary_id for one in await own.cases(page_size=3)] == order
    [need] = await office.needs(people[1], 1)
    [case] = await own.cases(with_needs_only=True)
    assert (case.beneficiary_id, [one.need_id for one in case.needs]) == (people[1], [need])
    assert await own.cases(page_size=1, with_needs_only=True) == [case]
    for fields, reason in (({"page_token": "nonsense"}, "PAGE_TOKEN_INVALID"), ({"page_size": 201}, None)):
        with refused() as refusal:
            await own.page(**fields)
        assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
        assert reason in (None, refusal.reason)


async def test_a_page_has_two_hundred_needs_at_most_and_says_of_whom_it_leaves_some_out(
    office: Office,
) -> None:
    own = office.staff()
    many, some, few = [await own.person() for _ in range(3)]
    last = (await office.needs(few, 1)) + (await office.needs(some, 150))
    first_of_many, rest_of_many = await office.needs(many, 51), await office.needs(many, 200)
    first = await own.page()
    assert [(one.beneficiary_id, len(one.needs)) for one in first.cases] == [(few, 1), (some, 150)]
    assert [need.need_id for case in first.cases for need in case.needs] == last
    second = await own.page(page_token=first.next_page_token)
    [case] = second.cases
    assert (case.beneficiary_id, case.more_needs, second.next_page_token) == (many, True, "")
    assert [need.need_id for need in case.needs] == rest_of_many
    assert not {need.need_id for need in case.needs} & set(first_of_many)


async def test_whom_a_page_has_shown_is_on_record_at_once(office: Office) -> None:
    own = office.staff()
    people = [await own.person() for _ in range(2)]
    await office.needs(people[0], 2)
    assert len(await own.cases()) == 2
    await office.staff(SUPERVISOR).set(people[1], str(uuid4()))
    await own.cases()
    both, one = accesses_of(office.intake, own.principal_id)
    assert (list(both.subject_ids), list(one.subject_ids)) == (people[::-1], people[:1])
    assert both.method.endswith("/ListMyCases")


async def test_merged_records_are_one_case_of_everybody_who_follows_one_of_them(office: Office) -> None:
    one, other = office.staff(), office.staff()
    kept, merged, twin = await other.person(), await one.person(), await one.person()
    needs = [need for record in (kept, merged, twin) for need in await office.needs(record, 1)]
    for record in (merged, twin):
        await office.merge(kept, record)
    for worker in (one, other):
        [case] = await worker.cases()
        assert (case.beneficiary_id, {need.need_id for need in case.needs}) == (kept, set(needs))
    await one.set(twin, one.id, other.id)
    assert {await one.workers_of(record) for record in (kept, merged, twin)} == {(one.id, other.id)}
    [case] = await one.cases(with_needs_only=True)
    assert (case.beneficiary_id, len(case.needs)) == (kept, 3)


async def test_a_record_that_needs_something_restricted_is_shown_to_protection_and_to_who_follows_it(
    office: Office,
) -> None:
    plain_worker, protector = office.staff(), office.staff("gbv_focal_point")
    plain, restricted = await plain_worker.person(), await protector.person()
    [need] = await office.needs(plain, 1)
    secret = await office.desk.need(
        restricted, service_type="GBV_COUNSELLING", routing=need_pb2.ROUTING_ASK_FIRST
    )
    await office.merge(restricted, plain)
    [case] = await plain_worker.cases()
    assert (case.beneficiary_id, [one.need_id for one in case.needs]) == (plain, [need])
    [case] = await protector.cases()
    assert (case.beneficiary_id, [one.need_id for one in case.needs]) == (restricted, [secret.need_id, need])
    deputy = office.staff()
    await plain_worker.set(plain, plain_worker.id, deputy.id)
    assert await protector.workers_of(restricted) == (protector.id, ""), "whoever follows that one goes on"
    await protector.set(restricted, protector.id, deputy.id)
    [case] = await deputy.cases()
    assert (case.beneficiary_id, [one.need_id for one in case.needs]) == (restricted, [secret.need_id, need])


async def test_whoever_follows_a_restricted_record_sees_it_also_where_it_was_merged_into_another(
    office: Office,
) -> None:
    both, only_kept = office.staff(), office.staff()
    kept, restricted = await both.person(), await both.person()
    secret = await office.desk.need(
        restricted, service_type="GBV_COUNSELLING", routing=need_pb2.ROUTING_ASK_FIRST
    )
    await both.set(kept, both.id, only_kept.id)
    await office.merge(kept, restricted)
    [case] = await both.cases()
    assert (case.beneficiary_id, [one.need_id for one in case.needs]) == (kept, [secret.need_id])
    assert [one.need_id for case in await only_kept.cases() for one in case.needs] == []
