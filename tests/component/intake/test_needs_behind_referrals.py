"""Whose needs stand behind referrals, many at once, through intake's own door."""

from typing import Any
from uuid import UUID, uuid4

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


async def test_a_list_learns_whose_each_referral_is(intake: RunningIntake, desk: Desk) -> None:
    person = await desk.person()
    needs = [await desk.need(person) for _ in range(2)]
    shown = await found(intake, [one.referral_id for one in needs])
    assert {one.beneficiary_id for one in shown.values()} == {person}
    assert len(shown) == len(needs)


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


async def recorded_by(intake: RunningIntake, worker: UUID, *roles: str, **who: Any) -> list[str]:
    """The referrals behind what somebody is told that they have recorded."""
    async with intake.channel_of(*(roles or ("caseworker",)), principal_id=worker, **who) as channel:
        answer = await IntakeServiceStub(channel).ListMyNeeds(messages.ListMyNeedsRequest())
    return [one.referral_id for one in answer.needs]


async def test_whoever_has_recorded_needs_is_told_of_those_that_have_not_ended_the_newest_first(
    intake: RunningIntake, desk: Desk
) -> None:
    person, worker = await desk.person(), uuid4()
    await desk.need(person)
    async with intake.channel_of("caseworker", principal_id=worker) as channel:
        own = Desk(desk.agency_id, IntakeServiceStub(channel), desk.partner, desk.officer)
        needs = [await own.need(person) for _ in range(4)]
        for one in needs[:2]:
            await own.intake.WithdrawNeed(
                messages.WithdrawNeedRequest(
                    request_id=str(uuid4()), need_id=one.need_id, reason="FOUND_ELSEWHERE"
                )
            )
    newest_first = [one.referral_id for one in needs[::-1]]
    assert await recorded_by(intake, worker) == newest_first, "what ended just now is among them"
    intake.database.execute(
        "update intake.need set withdrawn_time = withdrawn_time - interval '73 hours'"
        f" where need_id = '{needs[0].need_id}'"
    )
    assert await recorded_by(intake, worker) == newest_first[:-1]
    assert await recorded_by(intake, worker, agency_id=uuid4()) == [], "of another agency, none of theirs"
    assert await recorded_by(intake, uuid4()) == []


async def test_what_was_recorded_and_served_leaves_the_list_days_after_it_ended(
    intake: RunningIntake, desk: Desk
) -> None:
    worker = uuid4()
    async with intake.channel_of("caseworker", principal_id=worker) as channel:
        own = Desk(desk.agency_id, IntakeServiceStub(channel), desk.partner, desk.officer)
        person = await desk.person()
        need = await own.need(person)
    intake.database.execute(
        "insert into intake.held_referral (referral_id, need_id, beneficiary_id, service_type,"
        " referral_version, agency_id, offer_id, opened_time, closed_time, ended_time)"
        f" values ('{need.referral_id}', '{need.need_id}', '{person}', 'GREEK_A1', 1,"
        f" '{desk.agency_id}', '{uuid4()}', now(), now(), now())"
    )
    assert await recorded_by(intake, worker) == [need.referral_id], "it has ended just now"
    intake.database.execute(
        "update intake.held_referral set ended_time = now() - interval '73 hours'"
        f" where referral_id = '{need.referral_id}'"
    )
    assert await recorded_by(intake, worker) == []
