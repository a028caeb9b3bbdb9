"""Notices and rules for children at the door: who publishes them, who reads them, and what rests on them."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from kem.intake.v1 import consent_policy_service_pb2 as messages
from kem.intake.v1.consent_policy_service_pb2_grpc import ConsentPolicyServiceStub
from services.intake.domain.beneficiary import Birth, Guardian
from tests.component.intake.desk import Desk
from tests.support.intake import RunningIntake
from tests.support.refusals import refused
from tools.notices.files import SAMPLE_NOTICE, read_notice

if TYPE_CHECKING:
    from kem.intake.v1.consent_policy_service_pb2_grpc import ConsentPolicyServiceAsyncStub


@pytest.fixture
async def officer(intake: RunningIntake, desk: Desk) -> AsyncIterator["ConsentPolicyServiceAsyncStub"]:
    async with intake.channel_of("dpo", agency_id=None) as channel:
        yield ConsentPolicyServiceStub(channel)


@pytest.fixture
async def worker(intake: RunningIntake, desk: Desk) -> AsyncIterator["ConsentPolicyServiceAsyncStub"]:
    async with intake.channel_of("caseworker") as channel:
        yield ConsentPolicyServiceStub(channel)


def _notice(version: str) -> messages.PublishNoticeRequest:
    notice = read_notice(SAMPLE_NOTICE)
    notice.version = version
    return notice


async def test_a_notice_is_published_once_and_read_by_the_desk(
    officer: "ConsentPolicyServiceAsyncStub", worker: "ConsentPolicyServiceAsyncStub"
) -> None:
    notice = _notice(f"test-{uuid4().hex[:8]}")
    first, again = await officer.PublishNotice(notice), await officer.PublishNotice(notice)
    assert first == again
    notice.request_id = str(uuid4())
    with refused() as refusal:
        await officer.PublishNotice(notice)
    assert refusal.reason == "NOTICE_VERSION_USED"
    page = await worker.ListNotices(messages.ListNoticesRequest(page_size=1))
    assert [one.version for one in page.notices] == [notice.version]
    assert page.notices[0].terms == notice.terms
    request = messages.ListNoticesRequest(page_size=1, page_token=page.next_page_token)
    [sample] = (await worker.ListNotices(request)).notices
    assert sample.version == SAMPLE_NOTICE.name
    hashes = {one.language: one.sha256 for one in page.notices[0].hashes}
    for text in notice.texts:
        shown = await worker.GetNotice(
            messages.GetNoticeRequest(version=notice.version, language=text.language)
        )
        assert (shown.text, shown.sha256) == (text, hashes[text.language])


async def test_what_is_not_there_is_said(worker: "ConsentPolicyServiceAsyncStub") -> None:
    with refused() as refusal:
        await worker.GetNotice(messages.GetNoticeRequest(version="no", language="el"))
    assert refusal.reason == "NOTICE_NOT_FOUND"
    for token in ("nonsense", "2026-01-01T00:00:00 1", "a b c"):
        with refused() as refusal:
            await worker.ListNotices(messages.ListNoticesRequest(page_token=token))
        assert refusal.reason == "PAGE_TOKEN_INVALID"


async def test_children_are_asked_by_the_rules_that_the_officer_saved_last(
    desk: Desk, officer: "ConsentPolicyServiceAsyncStub", worker: "ConsentPolicyServiceAsyncStub"
) -> None:
    this_year = datetime.now(UTC).year
    child = await desk.person(
        birth=Birth(date(this_year - 16, 1, 1), estimated=True), guardian=Guardian("Mariam", "PARENT")
    )
    with refused() as refusal:
        await desk.consent(child)
    assert refusal.reason == "CHILD_CANNOT_CONSENT_ALONE"
    before = await worker.ListAgeRules(messages.ListAgeRulesRequest())
    alone = messages.AgeRule(from_age=15, below_age=18, may_permit_alone=True, source="a law of the test")
    rules = [rule for rule in before.rules if rule.from_age < 15]
    for said in ([*rules, alone], before.rules):
        answer = await officer.SaveAgeRules(messages.SaveAgeRulesRequest(request_id=str(uuid4()), rules=said))
        if said is not before.rules:
            await desk.consent(child)
    assert answer.rules_version == before.rules_version + 2
    assert (await worker.ListAgeRules(messages.ListAgeRulesRequest())).rules == before.rules


async def test_what_holds_for_the_whole_hub_is_no_agency_s_to_set(
    intake: RunningIntake, worker: "ConsentPolicyServiceAsyncStub"
) -> None:
    before = await worker.ListAgeRules(messages.ListAgeRulesRequest())
    alone = messages.AgeRule(below_age=18, may_permit_alone=True, source="a law of the test")
    async with intake.channel_of("dpo") as channel:
        agency_s = ConsentPolicyServiceStub(channel)
        with refused() as refusal:
            await agency_s.SaveAgeRules(messages.SaveAgeRulesRequest(request_id=str(uuid4()), rules=[alone]))
        assert refusal.reason == "HUB_OFFICER_ONLY"
        with refused() as refusal:
            await agency_s.PublishNotice(_notice("of-an-agency"))
        assert refusal.reason == "HUB_OFFICER_ONLY"
    assert await worker.ListAgeRules(messages.ListAgeRulesRequest()) == before
