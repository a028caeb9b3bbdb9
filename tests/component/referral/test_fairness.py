"""A report of fairness at the real doors: what intake knows of people, and how referral says that it went."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from chassis.caller import SECOND_FACTOR
from kem.access.v1.access_events_pb2 import AccessEvent
from kem.intake.v1 import fairness_service_pb2 as messages
from kem.intake.v1 import intake_service_pb2 as intake
from kem.intake.v1.fairness_service_pb2_grpc import FairnessServiceStub
from kem.referral.v1 import referral_service_pb2 as rpc
from kernel.vocabulary import Sex
from services.intake.domain.beneficiary import LanguageLevel, LanguageSkill
from tests.component.referral.city import OFFERED, City, until
from tests.support.refusals import refused

AUDITOR = uuid4()
AT_ONCE = 8
"""Of answers: each is in time on a busy machine as well."""


async def needs_of(city: City, count: int, language: str, sex: Sex) -> set[str]:
    """So many needs of one person who speaks it; answers their referrals."""
    person = await city.consented_person(languages=(LanguageSkill(language, LanguageLevel.NATIVE),), sex=sex)
    made = await city.desk.intake.RecordNeeds(
        intake.RecordNeedsRequest(
            request_id=str(uuid4()), needs=[city.desk.new_need(person) for _ in range(count)]
        )
    )
    return {one.referral_id for one in made.needs}


async def offers(city: City, count: int) -> dict[str, str]:
    """Each referral's offer, once so many are open at the agency."""

    async def look() -> dict[str, str] | None:
        found: dict[str, str] = {}
        request = rpc.ListReferralsRequest(view=OFFERED, page_size=200)
        while True:
            page = await city.agency.ListReferrals(request)
            found |= {one.referral_id: one.offers[0].offer_id for one in page.referrals}
            if not page.next_page_token:
                return found if len(found) >= count else None
            request.page_token = page.next_page_token

    found: dict[str, str] = await until(look, patience_seconds=60)
    return found


async def ask(city: City, method: str, request: Any) -> Any:
    who = city.running.intake.channel_of("auditor", agency_id=None, principal_id=AUDITOR, acr=SECOND_FACTOR)
    async with who as channel:
        return await getattr(FairnessServiceStub(channel), method)(request)


def new_report() -> messages.MakeFairnessReportRequest:
    return messages.MakeFairnessReportRequest(request_id=str(uuid4()))


@pytest.fixture
async def settled(empty_city: City) -> City:
    """Sixty needs of one group, forty of them taken up; forty-five of another, declined; three of a third."""
    city = empty_city
    taken = sorted(await needs_of(city, 60, "ara", Sex.F))[:40]
    await offers(city, 60)  # intake takes no more needs than are matched soon
    declined = await needs_of(city, 45, "ell", Sex.M)
    await offers(city, 105)
    await needs_of(city, 3, "fas", Sex.X)
    with refused() as refusal:
        await ask(city, "MakeFairnessReport", new_report())
    assert refusal.reason == "TOO_FEW_NEEDS", "what was recorded just now has not settled"
    offer_of = await offers(city, 108)
    places = asyncio.Semaphore(AT_ONCE)

    async def answer(method: Any, request: Any) -> None:
        async with places:
            await method(request)

    accepting, declining = rpc.AcceptOfferRequest, rpc.DeclineOfferRequest
    await asyncio.gather(
        *(
            answer(city.agency.AcceptOffer, accepting(request_id=str(uuid4()), offer_id=offer_of[one]))
            for one in taken
        ),
        *(
            answer(
                city.agency.DeclineOffer,
                declining(request_id=str(uuid4()), offer_id=offer_of[one], reason="NO_CAPACITY"),
            )
            for one in declined
        ),
    )
    city.database.execute("update intake.need set recorded_time = recorded_time - interval '2 hours'")
    return city


def table(report: messages.FairnessReport, dimension: int) -> dict[str, messages.FairnessGroup]:
    [found] = [one for one in report.tables if one.dimension == dimension]
    return {group.group: group for group in found.groups}


async def test_needs_are_counted_once_by_bands_and_how_it_went_and_few_are_told_together(
    settled: City,
) -> None:
    request = new_report()
    report = (await ask(settled, "MakeFairnessReport", request)).report
    assert (report.number, report.needs, report.HasField("from_time")) == (1, 108, False)
    for dimension, name in (
        (messages.FAIRNESS_DIMENSION_LANGUAGE, "ara"),
        (messages.FAIRNESS_DIMENSION_SEX, "F"),
    ):
        groups = table(report, dimension)
        assert {one: group.needs for one, group in groups.items()} == {name: 60, "OTHERS": 48}
        first, others = groups[name], groups["OTHERS"]
        assert (first.offered, first.accepted, first.waiting) == (60, 40, 20)
        assert first.time_to_offer == messages.PACE_CLASS_FOUR_HOURS
        assert (others.offered, others.accepted, others.waiting) == (48, 0, 48)
        assert (first.answered, first.declined, first.expected_declined) == (40, 0, 40)
        assert (others.answered, others.declined, others.expected_declined) == (45, 45, 0)
    urgencies = table(report, messages.FAIRNESS_DIMENSION_URGENCY)
    assert {name: group.needs for name, group in urgencies.items()} == {"NORMAL": 108}
    assert "fas" not in str(report)

    assert (await ask(settled, "ListFairnessReports", messages.ListFairnessReportsRequest())).reports == [
        report
    ]
    assert (await ask(settled, "MakeFairnessReport", request)).report == report, "a repeat makes no other"
    with refused() as refusal:
        await ask(settled, "MakeFairnessReport", new_report())
    assert refusal.reason == "TOO_FEW_NEEDS", "no need is in two reports"
    payloads = settled.database.execute(
        "select encode(payload, 'hex') from (select payload, type from intake.outbox"
        " union all select payload, type from intake.event_log) as told where type = 'AccessRecorded'"
    ).split()
    accesses = [AccessEvent.FromString(bytes.fromhex(one)).access_recorded for one in payloads]
    counted = [
        one for one in accesses if one.method.endswith("/MakeFairnessReport") and not one.refusal_reason
    ]
    assert [(one.subject_count, list(one.subject_ids)) for one in counted] == [(3, [])]
