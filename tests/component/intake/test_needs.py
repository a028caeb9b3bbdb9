"""Needs, consent and profiles through intake's doors."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from uuid import uuid4

import grpc
import protovalidate

from kem.intake.v1 import consent_pb2, eligibility_service_pb2, need_pb2
from kem.intake.v1 import intake_service_pb2 as messages
from kem.intake.v1.eligibility_service_pb2_grpc import EligibilityServiceStub
from tests.component.intake.desk import Desk, desk_at
from tests.support.intake import RunningIntake, running_intake
from tests.support.postgres import MakeDatabase
from tests.support.refusals import refused


async def _answer(call: Awaitable[messages.RecordNeedsResponse]) -> messages.RecordNeedsResponse:
    """As a coroutine, which alone makes a task."""
    return await call


async def test_many_needs_at_once_are_each_recorded_once(desk: Desk, intake: RunningIntake) -> None:
    person = await desk.person()
    requests = [
        messages.RecordNeedRequest(request_id=str(uuid4()), need=desk.new_need(person)) for _ in range(60)
    ]
    first = await asyncio.gather(*map(desk.intake.RecordNeed, requests))
    again = await asyncio.gather(*map(desk.intake.RecordNeed, requests))
    assert [one.need.need_id for one in first] == [one.need.need_id for one in again]
    assert intake.database.execute("select count(*) from intake.need").strip() == "60"


async def test_several_needs_are_recorded_together_or_not_at_all(desk: Desk, intake: RunningIntake) -> None:
    person = await desk.person()
    needs = [desk.new_need(person, note=f"invented {number}") for number in range(200)]
    answer = await desk.intake.RecordNeeds(messages.RecordNeedsRequest(request_id=str(uuid4()), needs=needs))
    assert len({one.need_id for one in answer.needs}) == 200
    with refused() as refusal:
        await desk.intake.RecordNeeds(
            messages.RecordNeedsRequest(
                request_id=str(uuid4()), needs=[*needs[:50], desk.new_need(str(uuid4()))]
            )
        )
    assert (refusal.code, refusal.metadata["need_index"]) == (grpc.StatusCode.NOT_FOUND, "50")
    with refused() as refusal:
        await desk.intake.RecordNeeds(
            messages.RecordNeedsRequest(request_id=str(uuid4()), needs=[*needs, needs[0]])
        )
    assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
    assert intake.database.execute("select count(*) from intake.need").strip() == "200"


async def test_a_need_of_somebody_unknown_is_refused_and_put_on_record(
    desk: Desk, intake: RunningIntake
) -> None:
    with refused() as refusal:
        await desk.need(str(uuid4()))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "BENEFICIARY_NOT_FOUND")
    assert "AccessRecorded" in intake.database.execute("select type from intake.outbox")


async def test_needs_are_listed_in_pages_with_their_withdrawal(desk: Desk) -> None:
    person = await desk.person()
    recorded = [await desk.need(person) for _ in range(3)]
    await desk.intake.WithdrawNeed(
        messages.WithdrawNeedRequest(
            request_id=str(uuid4()), need_id=recorded[0].need_id, reason="FOUND_ELSEWHERE"
        )
    )
    first = await desk.intake.ListNeeds(messages.ListNeedsRequest(beneficiary_id=person, page_size=2))
    rest = await desk.intake.ListNeeds(
        messages.ListNeedsRequest(beneficiary_id=person, page_size=2, page_token=first.next_page_token)
    )
    assert [need.need_id for need in [*first.needs, *rest.needs]] == [one.need_id for one in recorded[::-1]]
    assert [need.HasField("withdrawn_time") for need in [*first.needs, *rest.needs]] == [False, False, True]
    assert rest.next_page_token == ""
    for token in ("nonsense", "é", "AAAA", "gAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"):
        with refused() as refusal:
            await desk.intake.ListNeeds(messages.ListNeedsRequest(beneficiary_id=person, page_token=token))
        assert refusal.reason == "PAGE_TOKEN_INVALID"


async def test_the_hub_is_told_bands_and_permitted_agencies_and_nobody_else_is(
    desk: Desk, intake: RunningIntake
) -> None:
    await desk.agree()
    person = await desk.person()
    await desk.consent(person)
    need = await desk.need(person)
    request = eligibility_service_pb2.GetProfilesRequest(need_ids=[str(uuid4()), need.need_id])
    async with intake.channel_of_the_hub() as hub:
        nothing, profile = (await EligibilityServiceStub(hub).GetProfiles(request)).profiles
    assert nothing.state == eligibility_service_pb2.NeedProfile.STATE_UNKNOWN
    assert profile.state == eligibility_service_pb2.NeedProfile.STATE_ACTIVE
    assert list(profile.permitted_agency_ids) == [str(desk.agency_id)]
    assert (profile.age_band, profile.household_band) == ("BAND_25_44", "1")
    ill = await desk.person(specific_needs=("CHRONIC_ILLNESS",))
    training = await desk.need(ill, service_type="VOCATIONAL_TRAINING")
    about = eligibility_service_pb2.GetProfilesRequest(need_ids=[training.need_id])
    async with intake.channel_of_the_hub() as hub:
        [profile] = (await EligibilityServiceStub(hub).GetProfiles(about)).profiles
    protovalidate.validate(profile)
    assert (profile.priority_group, profile.proof_months["WORK_ALLOWED"]) == (2, "2031-01")
    async with intake.channel_of("supervisor", "dpo", "operator") as staff:
        with refused() as refusal:
            await EligibilityServiceStub(staff).GetProfiles(request)
    assert refusal.code is grpc.StatusCode.PERMISSION_DENIED


async def test_consent_with_an_unknown_code_is_refused(desk: Desk) -> None:
    person = await desk.person()
    for changes in ({"categories": ["SHOE_SIZE"]}, {"purpose": "SERVICE_TEAPOT"}):
        with refused() as refusal:
            await desk.intake.RecordConsent(desk.consent_request(person, **changes))
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "UNKNOWN_CODE")
    request = desk.consent_request(person)
    request.consent.valid_until_time.FromJsonString("9999-12-31T23:59:59Z")
    with refused() as refusal:
        await desk.intake.RecordConsent(request)
    assert refusal.reason == "CONSENT_PERIOD_TOO_LONG"
    request.consent.valid_from_time.FromJsonString("9999-12-30T23:59:59Z")
    with refused() as refusal:
        await desk.intake.RecordConsent(request)
    assert refusal.reason == "CONSENT_PERIOD_INVALID"


async def test_the_same_withdrawal_twice_closes_once(desk: Desk) -> None:
    person = await desk.person()
    request = desk.consent_request(person)
    first, again = await desk.intake.RecordConsent(request), await desk.intake.RecordConsent(request)
    assert first == again
    request_id = str(uuid4())
    withdraw = messages.WithdrawConsentRequest(request_id=request_id, beneficiary_id=person)
    closed = await desk.intake.WithdrawConsent(withdraw)
    assert closed.grants_closed == 1
    assert await desk.intake.WithdrawConsent(withdraw) == closed
    withdraw.agency_id = str(desk.agency_id)
    with refused() as refusal:
        await desk.intake.WithdrawConsent(withdraw)
    assert refusal.reason == "REQUEST_ID_REUSED"


async def test_a_denial_is_recorded_beside_the_permits(desk: Desk, intake: RunningIntake) -> None:
    await desk.consent(await desk.person(), effect=consent_pb2.GRANT_EFFECT_DENY)
    assert intake.database.execute("select effect from intake.grant_cell").strip() == "DENY"


async def test_needs_wait_in_line_for_referral_and_what_would_wait_long_is_put_off(
    desk: Desk, intake: RunningIntake
) -> None:
    person = await desk.person()

    def several() -> messages.RecordNeedsRequest:
        return messages.RecordNeedsRequest(request_id=str(uuid4()), needs=[desk.new_need(person)] * 50)

    async with intake.channel_of_the_hub() as hub:
        referral = EligibilityServiceStub(hub)

        async def take_up(*need_ids: str) -> None:
            await referral.GetProfiles(eligibility_service_pb2.GetProfilesRequest(need_ids=need_ids))

        await take_up((await desk.need(person)).need_id)  # so it is at work
        taken = [(await desk.intake.RecordNeeds(several())).needs[-1].need_id for _ in range(2)]
        calls = [asyncio.create_task(_answer(desk.intake.RecordNeeds(several()))) for _ in range(2)]
        [(put_off,), (standing,)] = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        with refused() as refusal:
            await put_off
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED")
        assert refusal.retry_delay_seconds
        await take_up(*taken)
        assert len((await standing).needs) == 50
    assert intake.database.execute("select count(*) from intake.need").strip() == "151"


async def test_when_too_much_waits_a_new_need_is_told_when_to_come_back(
    fresh_database: MakeDatabase, tmp_path: Path
) -> None:
    database = fresh_database(schemas=("intake",))
    async with (
        running_intake(database, tmp_path, max_waiting_events=5) as intake,
        desk_at(intake) as desk,
    ):
        person = await desk.person()
        recorded: list[need_pb2.RecordedNeed] = []
        with refused() as refusal:  # nothing is sent without a relay, so the outbox only grows
            for _ in range(10_000):
                recorded.append(await desk.need(person))
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED")
        assert refusal.retry_delay_seconds
        with refused() as refusal:
            await desk.intake.RecordNeeds(
                messages.RecordNeedsRequest(request_id=str(uuid4()), needs=[desk.new_need(person)])
            )
        assert refusal.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert intake.database.execute("select count(*) from intake.need").strip() == str(len(recorded))
