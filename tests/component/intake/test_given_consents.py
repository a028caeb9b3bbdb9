"""What somebody has consented to, and what has become of it, as the desk sees it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import grpc

from chassis.instants import timestamp
from kem.intake.v1 import consent_pb2 as proto
from kem.intake.v1 import intake_service_pb2 as messages
from kem.intake.v1 import need_pb2
from kem.intake.v1.intake_service_pb2_grpc import IntakeServiceStub
from kem.intake.v1.merge_service_pb2_grpc import MergeServiceStub
from kernel import codes
from tests.component.intake.desk import COURSES, Desk
from tests.component.intake.erasing import erase
from tests.component.intake.test_listed_people import accesses_of
from tests.component.intake.test_merges import merge_of
from tests.support.intake import RunningIntake
from tests.support.refusals import refused
from tools.notices.publishing import sample_notice


@asynccontextmanager
async def door(intake: RunningIntake, *roles: str, **who: Any) -> AsyncIterator[Any]:
    async with intake.channel_of(*(roles or ("caseworker",)), **who) as channel:
        yield IntakeServiceStub(channel)


async def consents(intake: RunningIntake, person: str, *roles: str, **who: Any) -> Any:
    """The person's consents as somebody is shown them."""
    async with door(intake, *roles, **who) as opened:
        return list((await opened.ListConsents(messages.ListConsentsRequest(beneficiary_id=person))).consents)


def named(state: int) -> str:
    return proto.ConsentState.Name(proto.ConsentState.ValueType(state)).removeprefix("CONSENT_STATE_")


def states(one: proto.ListedConsent) -> list[str]:
    """Of the consent, and of each of its lines."""
    return [named(one.state), *(named(line.state) for line in one.grants)]


def permit(agency_id: str, **changes: Any) -> proto.Grant:
    fields: dict[str, Any] = {
        "agency_id": agency_id,
        "purpose": COURSES,
        "categories": ["NAME", "LANGUAGES"],
        "legal_basis": proto.LEGAL_BASIS_CONSENT,
        "effect": proto.GRANT_EFFECT_PERMIT,
    }
    return proto.Grant(**(fields | changes))


async def record(desk: Desk, person: str, *grants: proto.Grant, **fields: Any) -> str:
    """Records a consent with these lines."""
    request = desk.consent_request(person)
    del request.consent.grants[:]
    request.consent.grants.extend(grants)
    request.consent.MergeFrom(proto.ConsentRecord(**fields))
    return (await desk.intake.RecordConsent(request)).consent_id


def withdrawal(person: str, **of: Any) -> messages.WithdrawConsentRequest:
    return messages.WithdrawConsentRequest(request_id=str(uuid4()), beneficiary_id=person, **of)


def ending_of(person: str, consent_id: str, ending: Any) -> messages.EndConsentRequest:
    return messages.EndConsentRequest(
        request_id=str(uuid4()), beneficiary_id=person, consent_id=consent_id, ending=ending
    )


async def test_a_consent_is_shown_as_it_was_given_line_by_line(intake: RunningIntake, desk: Desk) -> None:
    person = await desk.person()
    first, second = str(desk.agency_id), str(uuid4())
    said = datetime.now(UTC) - timedelta(hours=2)
    lines = (
        permit(first),
        permit(second, purpose="SERVICE_HEALTH", categories=["HEALTH"]),
        permit(second, effect=proto.GRANT_EFFECT_DENY, categories=["NAME"], is_safety_critical=True),
    )
    consent_id = await record(desk, person, *lines, happened_time=said)
    [one] = await consents(intake, person)
    assert (one.consent_id, one.beneficiary_id, one.renews_consent_id) == (consent_id, person, "")
    assert (one.given_by, one.method) == (proto.CONSENT_GIVER_SELF, proto.CONSENT_METHOD_WRITTEN)
    notice = sample_notice("ar")
    assert (one.notice_version, one.notice_language, one.spoken_language) == (notice.version, "ar", "ara")
    assert one.happened_time.ToDatetime(UTC) == said
    assert one.valid_from_time.ToDatetime(UTC) < one.recorded_time.ToDatetime(UTC)
    assert one.recorded_time.ToDatetime(UTC) < one.valid_until_time.ToDatetime(UTC)
    assert states(one) == ["IN_FORCE"] * 4
    shown = [line.grant for line in one.grants]
    assert [set(grant.categories) for grant in shown] == [{"NAME", "LANGUAGES"}, {"HEALTH"}, {"NAME"}]
    for grant, line in zip(shown, lines, strict=True):
        del grant.categories[:], line.categories[:]
    assert shown == list(lines)


async def test_a_renewed_consent_stands_before_the_one_that_it_renews_page_by_page(
    intake: RunningIntake, desk: Desk
) -> None:
    person = await desk.person()
    line = permit(str(desk.agency_id))
    first = await record(desk, person, line)
    second = await record(desk, person, line, renews_consent_id=first)
    third = await record(desk, person, line, renews_consent_id=second)
    shown, token = [], ""
    async with door(intake) as opened:
        for _ in range(2):
            request = messages.ListConsentsRequest(beneficiary_id=person, page_size=2, page_token=token)
            page = await opened.ListConsents(request)
            shown += [(one.consent_id, one.renews_consent_id) for one in page.consents]
            token = page.next_page_token
        assert (shown, token) == ([(third, second), (second, first), (first, "")], "")
        with refused() as refusal:
            await opened.ListConsents(
                messages.ListConsentsRequest(beneficiary_id=person, page_token="nonsense")
            )
        assert refusal.reason == "PAGE_TOKEN_INVALID"
        with refused() as refusal:
            await opened.ListConsents(messages.ListConsentsRequest(beneficiary_id=person, page_size=51))
        assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT


async def test_what_was_taken_back_from_one_agency_is_its_lines_until_nothing_is_left(
    intake: RunningIntake, desk: Desk
) -> None:
    person, other = await desk.person(), str(uuid4())
    denial = permit(other, purpose="SERVICE_LEGAL", effect=proto.GRANT_EFFECT_DENY)
    await record(desk, person, permit(str(desk.agency_id)), permit(other), denial)
    taken_back = await desk.intake.WithdrawConsent(withdrawal(person, agency_id=other))
    [one] = await consents(intake, person)
    assert states(one) == ["IN_FORCE", "IN_FORCE", "WITHDRAWN", "IN_FORCE"]
    assert [line.HasField("withdrawn_time") for line in one.grants] == [False, True, False]
    assert one.grants[1].withdrawn_time == taken_back.withdrawn_time
    whole = await desk.intake.WithdrawConsent(withdrawal(person))
    [one] = await consents(intake, person)
    assert states(one) == ["WITHDRAWN", "WITHDRAWN", "WITHDRAWN", "IN_FORCE"], "a denial stays"
    assert [line.withdrawn_time for line in one.grants[:2]] == [
        whole.withdrawn_time,
        taken_back.withdrawn_time,
    ]
    await record(desk, person, permit(other))
    again, before = await consents(intake, person)
    assert (states(again), states(before)[0]) == (["IN_FORCE", "IN_FORCE"], "WITHDRAWN")


async def test_what_was_said_that_gave_nothing_stands_on_the_first_page_the_newest_first(
    intake: RunningIntake, desk: Desk
) -> None:
    person, other, agency = await desk.person(), await desk.person(), str(desk.agency_id)
    earlier = datetime.now(UTC) - timedelta(days=2)
    first = messages.RecordConsentStateRequest(
        request_id=str(uuid4()),
        beneficiary_id=person,
        answer=proto.CONSENT_ANSWER_REFUSED,
        agency_id=agency,
        happened_time=timestamp(earlier),
    )
    second = messages.RecordConsentStateRequest(
        request_id=str(uuid4()), beneficiary_id=person, answer=proto.CONSENT_ANSWER_DEFERRED
    )
    for request in (first, first, second):
        await desk.intake.RecordConsentState(request)
    await record(desk, person, permit(agency))
    await record(desk, person, permit(agency))
    async with door(intake) as opened:
        asked = messages.ListConsentsRequest(beneficiary_id=person, page_size=1)
        page = await opened.ListConsents(asked)
        asked.page_token = page.next_page_token
        rest = await opened.ListConsents(asked)
        nobodys = await opened.ListConsents(messages.ListConsentsRequest(beneficiary_id=other))
    latest, before = page.answers
    assert (latest.answer, latest.HasField("agency_id")) == (proto.CONSENT_ANSWER_DEFERRED, False)
    assert (before.answer, before.agency_id) == (proto.CONSENT_ANSWER_REFUSED, agency)
    assert before.happened_time.ToDatetime(UTC) == earlier
    assert before.recorded_time.ToDatetime(UTC) > earlier
    assert latest.happened_time == latest.recorded_time
    assert (len(rest.consents), list(rest.answers), list(nobodys.answers)) == (1, [], [])


async def test_a_consent_that_has_not_begun_and_one_that_is_over_say_so(
    intake: RunningIntake, desk: Desk
) -> None:
    person, now, hour = await desk.person(), datetime.now(UTC), timedelta(hours=1)
    later = await desk.consent(person, valid_from_time=now + hour * 24)
    short = await desk.consent(person, valid_until_time=now + hour)
    intake.database.execute(
        "update intake.consent set valid_from_time = valid_from_time - interval '2 hours',"
        " valid_until_time = valid_until_time - interval '2 hours'"
    )
    over, not_yet = await consents(intake, person)
    assert (over.consent_id, states(over)) == (short, ["EXPIRED", "EXPIRED"])
    assert (not_yet.consent_id, states(not_yet)) == (later, ["NOT_YET", "NOT_YET"])
    assert not over.grants[0].HasField("withdrawn_time"), "nobody took it back"


async def test_what_the_hub_has_ended_says_how(intake: RunningIntake, desk: Desk) -> None:
    person = await desk.person()
    denials = await desk.consent(person, effect=proto.GRANT_EFFECT_DENY)
    for ending in (proto.CONSENT_ENDING_TERMINATED, proto.CONSENT_ENDING_INVALIDATED):
        permits = await desk.consent(person)
        async with door(intake, "supervisor") as supervisor:
            await supervisor.EndConsent(ending_of(person, permits, ending))
            if ending == proto.CONSENT_ENDING_TERMINATED:
                await supervisor.EndConsent(ending_of(person, denials, ending))
    shown = [states(one) for one in await consents(intake, person)]
    assert shown == [["INVALIDATED"] * 2, ["TERMINATED"] * 2, ["TERMINATED", "IN_FORCE"]]


async def test_while_a_persons_consent_is_frozen_on_any_record_what_it_permits_is_too(
    intake: RunningIntake, desk: Desk
) -> None:
    kept, merged = await desk.person(), await desk.person()
    await record(
        desk, kept, permit(str(desk.agency_id)), permit(str(uuid4()), effect=proto.GRANT_EFFECT_DENY)
    )
    async with intake.channel_of("child_protection_officer") as channel:
        await MergeServiceStub(channel).MergeBeneficiaries(merge_of(kept, merged))
        officer = IntakeServiceStub(channel)
        await officer.FreezeConsent(
            messages.FreezeConsentRequest(request_id=str(uuid4()), beneficiary_id=merged, words="Doubt.")
        )
        [one] = await consents(intake, kept)
        assert states(one) == ["FROZEN", "FROZEN", "IN_FORCE"]
        await officer.LiftConsentFreeze(
            messages.LiftConsentFreezeRequest(request_id=str(uuid4()), beneficiary_id=merged, words="None.")
        )
    [one] = await consents(intake, kept)
    assert states(one) == ["IN_FORCE"] * 3


async def test_of_merged_records_each_consent_says_on_which_it_stands_and_a_restricted_one_is_protections(
    intake: RunningIntake, desk: Desk
) -> None:
    kept, plain, restricted = [await desk.person() for _ in range(3)]
    given = {one: await desk.consent(one, categories=list(codes.CATEGORIES)) for one in (plain, restricted)}
    await desk.need(restricted, service_type="GBV_COUNSELLING", routing=need_pb2.ROUTING_ASK_FIRST)
    async with intake.channel_of("gbv_focal_point") as channel:
        for one in (plain, restricted):
            await MergeServiceStub(channel).MergeBeneficiaries(merge_of(kept, one))

    async def told(*roles: str) -> list[tuple[str, str]]:
        return [(one.consent_id, one.beneficiary_id) for one in await consents(intake, kept, *roles)]

    assert await told("gbv_focal_point") == [(given[restricted], restricted), (given[plain], plain)]
    assert await told("caseworker") == [(given[plain], plain)]


async def test_nobody_elses_consents_are_shown_and_each_look_is_on_record(
    intake: RunningIntake, desk: Desk
) -> None:
    person, gone, reader = await desk.person(), await desk.person(), uuid4()
    await desk.consent(person)
    await erase(intake, gone)
    assert len(await consents(intake, person, principal_id=reader)) == 1
    for asked, who in ((person, {"agency_id": uuid4()}), (str(uuid4()), {})):
        with refused() as refusal:
            await consents(intake, asked, "agency_member", principal_id=reader, **who)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "BENEFICIARY_NOT_FOUND")
    with refused() as refusal:
        await consents(intake, gone, principal_id=reader)
    assert refusal.reason == "BENEFICIARY_ERASED"
    with refused() as refusal:
        await consents(intake, person, "auditor", principal_id=reader)
    assert refusal.code is grpc.StatusCode.PERMISSION_DENIED
    looked, *refusals = accesses_of(intake, reader)
    assert (list(looked.subject_ids), looked.refusal_reason) == ([person], "")
    assert looked.method.endswith("IntakeService/ListConsents")
    assert [one.refusal_reason for one in refusals][:2] == ["BENEFICIARY_NOT_FOUND"] * 2
