"""Reports at the real door: who is told, who is refused, and that a call asks for days that there are."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest

from kem.access.v1.access_events_pb2 import AccessEvent
from kem.directory.v1 import directory_service_pb2 as directory
from kem.referral.v1 import report_service_pb2 as rpc
from kem.referral.v1.report_service_pb2_grpc import ReportServiceStub
from tests.component.referral.city import City, until
from tests.component.referral.directory_door import agency_message
from tests.support.refusals import refused
from tests.support.vault import KEM

PERIOD = rpc.ReportPeriod(from_date="2026-01-01", until_date="2030-12-31")

Door = Callable[..., AbstractAsyncContextManager[Any]]


@pytest.fixture
def door(empty_city: City) -> Door:
    """The stub of somebody of an agency, or of none."""

    @asynccontextmanager
    async def opened(role: str, agency_id: UUID | None = None) -> AsyncIterator[Any]:
        async with empty_city.running.channel_of(role, agency_id=agency_id) as channel:
            yield ReportServiceStub(channel)

    return opened


async def needs(city: City, count: int) -> None:
    """So many, all offered."""
    person = await city.consented_person()
    for need in [await city.desk.need(person) for _ in range(count)]:
        await city.offered(need)


def sectors(answer: Any) -> dict[str, int]:
    [table] = [one for one in answer.tables if one.dimension == rpc.REPORT_DIMENSION_SECTOR]
    return {row.group.code: row.needs for row in table.rows if row.HasField("needs")}


async def test_a_coordinator_and_the_officers_are_told_how_much_is_asked_for(
    empty_city: City, door: Door
) -> None:
    await needs(empty_city, 5)
    request = rpc.GetDemandReportRequest(period=PERIOD)
    for role, agency_id in (
        ("committee_coordinator", empty_city.desk.agency_id),
        ("accmr_officer", None),
        ("dpo", None),
    ):
        async with door(role, agency_id) as reports:
            answer = await reports.GetDemandReport(request)
        assert sectors(answer) == {"EDUCATION": 5}
        assert answer.needs == 5


async def test_kems_supervisor_is_told_of_everything_once_kem_is_in_the_directory(
    empty_city: City, door: Door
) -> None:
    request = rpc.GetDemandReportRequest(period=PERIOD)
    async with door("supervisor", KEM) as reports:
        with refused() as refusal:
            await reports.GetDemandReport(request)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "NO_COMMITTEE")
        kem = agency_message(0, agency_id=str(KEM), code="KEM", committees=[])
        await empty_city.directory.SaveAgencies(
            directory.SaveAgenciesRequest(request_id=str(uuid4()), agencies=[kem])
        )
        assert (await reports.GetDemandReport(request)).needs == 0


async def test_whoever_works_on_cases_gets_no_reports_and_only_the_citys_officer_gets_cases(
    empty_city: City, door: Door
) -> None:
    for role in ("caseworker", "agency_member", "agency_admin", "auditor", "operator"):
        async with door(role, empty_city.desk.agency_id) as reports:
            with refused() as refusal:
                await reports.GetOverdueReport(rpc.GetOverdueReportRequest())
            assert refusal.reason == "NOT_PERMITTED", role
    for role in ("committee_coordinator", "supervisor", "dpo"):
        async with door(role, empty_city.desk.agency_id) as reports:
            with refused() as refusal:
                await reports.ListOverdueReferrals(rpc.ListOverdueReferralsRequest())
            assert refusal.reason == "NOT_PERMITTED", role


@pytest.mark.parametrize(
    ("from_date", "until_date", "reason"),
    [
        ("2026-02-30", "2026-03-01", "DATE_INVALID"),
        ("2026-03-02", "2026-03-01", "PERIOD_INVALID"),
        ("2020-01-01", "2026-03-01", "PERIOD_INVALID"),
        ("yesterday", "2026-03-01", "INVALID"),
        ("", "2026-03-01", "INVALID"),
    ],
)
async def test_days_that_there_are_not_are_refused(
    empty_city: City, door: Door, from_date: str, until_date: str, reason: str
) -> None:
    period = rpc.ReportPeriod(from_date=from_date, until_date=until_date)
    async with door("accmr_officer") as reports:
        with refused() as refusal:
            await reports.GetGapsReport(rpc.GetGapsReportRequest(period=period))
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, reason)


async def test_overdue_cases_are_read_on_record_page_by_page(empty_city: City, door: Door) -> None:
    city = empty_city
    await needs(city, 3)
    city.database.execute(
        "update referral.referral set person_due_time = now() - interval '1 hour' * offers_made"
    )
    async with door("accmr_officer") as reports:
        first = await reports.ListOverdueReferrals(rpc.ListOverdueReferralsRequest(page_size=2))
        last = await reports.ListOverdueReferrals(
            rpc.ListOverdueReferralsRequest(page_size=2, page_token=first.next_page_token)
        )
        with refused() as refusal:
            await reports.ListOverdueReferrals(rpc.ListOverdueReferralsRequest(page_token="made up"))
        assert refusal.reason == "PAGE_TOKEN_INVALID"
    assert last.next_page_token == ""
    listed = [one.referral_id for one in (*first.referrals, *last.referrals)]
    assert len(set(listed)) == len(listed) == 3

    async def read() -> set[str] | None:
        payloads = city.database.execute(
            "select encode(payload, 'hex') from (select payload, type from referral.outbox"
            " union all select payload, type from referral.event_log) as told where type = 'AccessRecorded'"
        ).split()
        accesses = [AccessEvent.FromString(bytes.fromhex(one)).access_recorded for one in payloads]
        found = [
            one for one in accesses if one.method.endswith("/ListOverdueReferrals") and not one.refusal_reason
        ]
        return {referral for one in found for referral in one.subject_ids} or None

    assert await until(read) == set(listed)
