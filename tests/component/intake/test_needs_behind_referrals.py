"""Whose needs stand behind referrals, many at once, through intake's own door."""

from typing import Any
from uuid import uuid4

from kem.intake.v1 import intake_service_pb2 as messages
from kem.intake.v1 import need_pb2
from kem.intake.v1.intake_service_pb2_grpc import IntakeServiceStub
from tests.component.intake.desk import Desk
from tests.component.intake.erasing import erase
from tests.component.intake.test_listed_people import accesses_of
from tests.support.intake import RunningIntake


async def found(intake: RunningIntake, referrals: list[str], *roles: str, **who: Any) -> dict[str, Any]:
    """By referral what somebody is shown."""
    async with intake.channel_of(*(roles or ("caseworker",)), **who) as channel:
        request = messages.BatchGetNeedsRequest(referral_ids=referrals)
        answer = await IntakeServiceStub(channel).BatchGetNeeds(request)
    return {one.referral_id: one for one in answer.needs}


async def test_a_list_learns_whose_each_referral_is_and_who_recorded_it(
    intake: RunningIntake, desk: Desk
) -> None:
    person, worker = await desk.person(), uuid4()
    first = await desk.need(person)
    async with intake.channel_of("caseworker", principal_id=worker) as channel:
        own = Desk(desk.agency_id, IntakeServiceStub(channel), desk.partner, desk.officer)
        second = await own.need(person)
    shown = await found(intake, [first.referral_id, second.referral_id], principal_id=worker)
    assert {one.beneficiary_id for one in shown.values()} == {person}
    assert not shown[first.referral_id].recorded_by_caller
    assert shown[second.referral_id].recorded_by_caller


async def test_nobodys_another_agencys_and_erased_peoples_are_left_out_alike(
    intake: RunningIntake, desk: Desk
) -> None:
    person, gone = await desk.person(), await desk.person()
    need, erased = await desk.need(person), await desk.need(gone)
    await erase(intake, gone)
    asked = [need.referral_id, erased.referral_id, str(uuid4())]
    assert set(await found(intake, asked)) == {need.referral_id}
    assert await found(intake, asked, "agency_member", agency_id=uuid4()) == {}


async def test_of_restricted_services_only_protection_staff_see_whose(
    intake: RunningIntake, desk: Desk
) -> None:
    need = await desk.need(
        await desk.person(), service_type="GBV_COUNSELLING", routing=need_pb2.ROUTING_ASK_FIRST
    )
    assert await found(intake, [need.referral_id]) == {}
    assert set(await found(intake, [need.referral_id], "gbv_focal_point")) == {need.referral_id}


async def test_one_access_is_on_record_for_the_whole_call(intake: RunningIntake, desk: Desk) -> None:
    people = [await desk.person() for _ in range(2)]
    needs = [await desk.need(one) for one in people]
    reader = uuid4()
    await found(intake, [one.referral_id for one in needs], principal_id=reader)
    [told] = accesses_of(intake, reader)
    assert told.method.endswith("/BatchGetNeeds")
    assert set(told.subject_ids) == set(people)
