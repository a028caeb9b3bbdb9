"""The sums that coordinators are told are what the rows say, counted here once more; and no more."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.caller import Caller
from chassis.current import set_current_caller
from kem.common.v1.common_pb2 import URGENCY_NORMAL, URGENCY_URGENT
from kem.referral.v1 import report_service_pb2 as rpc
from kernel.codes import CapacityKind, Listing, LocationVisibility, Role
from kernel.errors import NotPermitted
from kernel.ids import UnitId
from services.referral.adapters.postgres_reports import PostgresReports
from services.referral.domain.capacity import DeclaredCapacity
from services.referral.domain.directory import Location
from services.referral.entrypoints.reports_server import ReportServicer
from services.referral.use_cases.declare_capacity import declare_capacity
from services.referral.use_cases.save_agencies import save_agencies
from tests.support.directory import agency, agency_id, service, service_id
from tests.support.intake_double import Need
from tests.support.referral_life import KEM, Life, member
from tests.support.saved_directory import OPERATOR, caller

ACCMR = caller(Role.ACCMR_OFFICER)
LESSONS, MEALS, RESTRICTED = "GREEK_A1", "FOOD", "GBV_COUNSELLING"
TODAY = datetime.now(UTC).date()
PERIOD = rpc.ReportPeriod(from_date=str(TODAY - timedelta(days=9)), until_date=str(TODAY + timedelta(days=1)))
HIDDEN = Location("ATHENS_1", 37.9755, 23.7348, "Κρυφή 1", LocationVisibility.HIDDEN)


def coordinator(number: int) -> Caller:
    return caller(Role.COMMITTEE_COORDINATOR, agency=agency_id(number))


async def ask(life: Life, who: Caller, report: str, **fields: Any) -> Any:
    async def as_caller() -> Any:
        set_current_caller(who)
        request = getattr(rpc, f"{report}Request")(**fields)
        return await getattr(ReportServicer(life.directory.app), report)(request, None)

    return await asyncio.create_task(as_caller())


def table(report: Any, dimension: str) -> dict[str, Any]:
    """Its rows by code."""
    wanted = rpc.ReportDimension.Value(f"REPORT_DIMENSION_{dimension}")
    [found] = [one for one in report.tables if one.dimension == wanted]
    return {row.group.code: row for row in found.rows}


def told(rows: dict[str, Any], figure: str) -> dict[str, int]:
    return {code: getattr(row, figure) for code, row in rows.items() if row.HasField(figure)}


async def record(life: Life, count: int, **profile: Any) -> list[Need]:
    needs = [life.need(**profile) for _ in range(count)]
    await life.hear(*[life.recorded(need) for need in needs])
    await life.work_off()
    return needs


@pytest.fixture
async def town(life: Life) -> Life:
    """Lessons of three agencies in committees, food of a fourth; some for named staff, some restricted."""
    plenty = DeclaredCapacity(CapacityKind.PLACES, 200)
    await life.directory.save(
        *[service(number, number, capacity=plenty) for number in (1, 2)],
        service(3, 3, capacity=DeclaredCapacity(CapacityKind.UNLIMITED, 0), location=HIDDEN),
        service(4, 3, service_type=MEALS, capacity=DeclaredCapacity(CapacityKind.PLACES, 6)),
        service(5, 1, service_type=RESTRICTED, capacity=plenty),
        service(6, 2, listing=Listing.NAMED_STAFF, capacity=plenty),
    )
    async with life.directory.app.transaction(OPERATOR) as tx:
        agencies = [agency(3, committees=("housing",)), agency(9, agency_id=KEM, code="KEM", committees=())]
        await save_agencies(agencies, tx, life.directory.stores)
    return life


async def test_demand_is_what_was_recorded_beside_what_there_is(town: Life) -> None:
    await record(town, 9)
    await record(town, 7, languages=["fra"], district="")
    await record(town, 6, languages=["fra"], service_type=MEALS)
    await record(town, 8, service_type=RESTRICTED)
    report = await ask(town, ACCMR, "GetDemandReport", period=PERIOD)
    asked = [town.intake.profiles[need] for need in town.intake.profiles]
    open_ones = [one for one in asked if one.service_type != RESTRICTED]
    assert report.needs == len(open_ones) == 22
    sectors = {LESSONS: "EDUCATION", MEALS: "BASIC_NEEDS"}
    assert told(table(report, "SECTOR"), "needs") == Counter(sectors[one.service_type] for one in open_ones)
    assert _some(told(table(report, "DISTRICT"), "needs")) == Counter(one.district for one in open_ones)
    assert _some(told(table(report, "LANGUAGE"), "needs")) == Counter(one.languages[0] for one in open_ones)
    lessons = table(report, "SECTOR")["EDUCATION"]
    own = " or ".join(f"unit_id = '{service_id(number)}'" for number in (1, 2))
    [[free]] = town.rows(f"select sum(free) from capacity where {own}")
    assert (lessons.services, lessons.unlimited_services, lessons.places) == (3, 1, 400)
    assert lessons.free_places == int(free)
    assert table(report, "DISTRICT")[""].services == 1, "of a hidden place no district is told"
    assert "ATHENS_1" not in table(report, "DISTRICT")
    spoken = table(report, "LANGUAGE")
    assert {code: spoken[code].services for code in ("ell", "ara", "fas")} == {"ell": 4, "ara": 4, "fas": 4}
    assert (await ask(town, ACCMR, "GetDemandReport", period=_before())).needs == 0


async def test_response_times_are_of_the_offers_that_were_made(town: Life) -> None:
    await _offers(town)
    report = await ask(town, ACCMR, "GetResponseTimesReport", period=PERIOD)
    rows = town.rows(
        "select o.agency_id, o.state, r.urgency,"
        " extract(epoch from coalesce(o.answered_time, o.ended_time) - o.offered_time)"
        " from offer o join referral r using (referral_id) join service s using (service_id)"
        f" where s.service_type <> '{RESTRICTED}' and s.listing <> 'NAMED_STAFF'"
    )
    assert len(rows) == report.offers
    assert {row[1] for row in rows} >= {"ACCEPTED", "DECLINED", "EXPIRED", "SENT"}
    for dimension, column in (("AGENCY", 0), ("URGENCY", 2)):
        found = table(report, dimension)
        offers = told(found, "offers")
        assert offers
        assert offers.items() <= Counter(row[column] for row in rows).items()
        for figure, is_one in (
            ("taken_up", lambda row: row[1] == "ACCEPTED"),
            ("answered", lambda row: row[1] in ("ACCEPTED", "DECLINED")),
            ("expired", lambda row: row[1] == "EXPIRED"),
        ):
            _equal_where_told(told(found, figure), (row[column] for row in rows if is_one(row)))
        for code, seconds in told(found, "half_within_seconds").items():
            lengths = sorted(
                float(row[3]) for row in rows if row[column] == code and row[1] in ("ACCEPTED", "DECLINED")
            )
            middle = len(lengths) // 2
            median = (lengths[middle] + lengths[~middle]) / 2
            assert abs(seconds - median) <= 1
    assert told(table(report, "AGENCY"), "taken_up"), "or nothing of this was told at all"


async def test_agencies_are_masked_from_coordinators_but_their_own(town: Life) -> None:
    await _offers(town)
    whole = table(await ask(town, ACCMR, "GetResponseTimesReport", period=PERIOD), "AGENCY")
    report = await ask(town, coordinator(1), "GetResponseTimesReport", period=PERIOD)
    seen = table(report, "AGENCY")
    assert set(whole) == {str(agency_id(number)) for number in (1, 2, 3)}
    assert next(iter(seen)) == str(agency_id(1))
    assert [row.group.is_masked for row in seen.values()] == [False, True, True]
    assert list(seen)[1:] == ["A", "B"]
    assert str(agency_id(2)) not in str(report)
    assert str(agency_id(3)) not in str(report)
    assert seen[str(agency_id(1))] == whole[str(agency_id(1))]
    assert sorted(seen[one].offers for one in "AB") == sorted(
        whole[str(agency_id(number))].offers for number in (2, 3)
    )
    orders = set()
    for _ in range(20):
        again = table(await ask(town, coordinator(1), "GetResponseTimesReport", period=PERIOD), "AGENCY")
        orders.add(again["A"].offers)
    assert len(orders) == 2, "who is A in one answer need not be A in the next"


async def test_a_coordinator_is_told_of_what_the_committees_of_the_own_agency_report_on(town: Life) -> None:
    await record(town, 9)
    await record(town, 6, service_type=MEALS)
    lessons = await ask(town, coordinator(1), "GetDemandReport", period=PERIOD)
    assert told(table(lessons, "SECTOR"), "needs") == {"EDUCATION": 9}
    food = await ask(town, coordinator(3), "GetDemandReport", period=PERIOD)
    assert told(table(food, "SECTOR"), "needs") == {"BASIC_NEEDS": 6}
    of_kem = caller(Role.SUPERVISOR, agency=KEM)
    assert told(table(await ask(town, of_kem, "GetDemandReport", period=PERIOD), "SECTOR"), "needs") == {
        "EDUCATION": 9,
        "BASIC_NEEDS": 6,
    }
    elsewhere = caller(Role.SUPERVISOR, agency=agency_id(3))
    assert await ask(town, elsewhere, "GetDemandReport", period=PERIOD) == food
    for nowhere in (caller(Role.COMMITTEE_COORDINATOR), caller(Role.COMMITTEE_COORDINATOR, agency=KEM)):
        with pytest.raises(NotPermitted) as refusal:
            await ask(town, nowhere, "GetOverdueReport")
        assert refusal.value.stable_reason == "NO_COMMITTEE"


async def test_of_several_committees_a_coordinator_is_told_of_one_at_a_time(town: Life) -> None:
    await record(town, 9)
    await record(town, 3, service_type=MEALS)
    async with town.directory.app.transaction(OPERATOR) as tx:
        both = agency(3, committees=("housing", "education_learning"))
        await save_agencies([both], tx, town.directory.stores)

    async def asked(**fields: Any) -> Any:
        return await ask(town, coordinator(3), "GetDemandReport", period=PERIOD, **fields)

    lessons, food = await asked(committee="education_learning"), await asked(committee="housing")
    assert (lessons.committee, food.committee) == ("education_learning", "housing")
    assert told(table(lessons, "SECTOR"), "needs") == {"EDUCATION": 9}
    assert told(table(food, "SECTOR"), "needs") == {}, "three are too few"
    assert not food.HasField("needs")
    assert await asked() == lessons, "never of both: beside nine, twelve would tell of the three"
    assert (await ask(town, ACCMR, "GetDemandReport", period=PERIOD)).committee == ""
    for who, committee in ((coordinator(3), "health"), (coordinator(3), "x"), (ACCMR, "housing")):
        for report in ("GetOverdueReport", "GetWaitingListsReport"):
            with pytest.raises(NotPermitted) as refusal:
                await ask(town, who, report, committee=committee)
            assert refusal.value.stable_reason == "COMMITTEE_NOT_OWN"


async def test_who_waits_is_counted_once_in_each_row(town: Life) -> None:
    await town.declare((1, 2), (2, 2), (3, 0))
    await _places(town, 6, agency_number=2, count=0)
    await record(town, 12)
    report = await ask(town, ACCMR, "GetWaitingListsReport")
    entries = town.rows("select referral_id, agency_id, urgency, since_time from waitlist_entry")
    waiting = {row[0] for row in entries}
    assert report.waiting == len(waiting) == 8
    assert told(table(report, "SECTOR"), "waiting") == {"EDUCATION": 8}
    assert told(table(report, "AGENCY"), "waiting") == Counter(
        agency_id for _, agency_id in {(row[0], row[1]) for row in entries}
    )
    assert len(entries) > len(waiting), "somebody waits at several agencies"
    town.let_pass(days=3)
    report = await ask(town, ACCMR, "GetWaitingListsReport")
    [length] = told(table(report, "URGENCY"), "half_for_seconds").values()
    assert 3 * 86_400 <= length < 3 * 86_400 + 600


async def test_gaps_are_counted_by_referral_and_of_few_nothing_is_told(town: Life) -> None:
    await record(town, 6, service_type="CASH")
    await record(town, 3, service_type="DENTAL")
    await record(town, 7, service_type="TORTURE_REHABILITATION")
    report = await ask(town, ACCMR, "GetGapsReport", period=PERIOD)
    rows = town.rows(
        "select distinct referral_id, sector, reason from gap where service_type in ('CASH', 'DENTAL')"
    )
    assert report.referrals == len(rows) == 9
    assert told(table(report, "SECTOR"), "referrals") == {}, "six would tell of the three beside it"
    assert set(table(report, "SECTOR")) == {"BASIC_NEEDS", "HEALTH"}
    assert told(table(report, "REASON"), "referrals") == Counter(row[2] for row in rows)
    assert (await ask(town, ACCMR, "GetGapsReport", period=_before())).referrals == 0


async def test_what_is_overdue_is_counted_for_all_and_listed_for_the_citys_officer(town: Life) -> None:
    await town.declare((1, 1), (2, 1), (3, 0))
    late = await record(town, 7)
    secret = await record(town, 6, service_type=RESTRICTED)
    taken = next(one for one in late if town.state(one) == "OFFERED")
    await town.call(member(town.offer_to(taken)), "AcceptOffer", offer_id=town.offer(taken)["offer_id"])
    town.let_pass(days=15)
    await record(town, 5)
    report = await ask(town, coordinator(1), "GetOverdueReport")
    assert report.referrals == 6, "neither what was taken up, nor what is young, nor what is restricted"
    assert told(table(report, "SECTOR"), "referrals") == {"EDUCATION": 6}
    first = await ask(town, ACCMR, "ListOverdueReferrals", page_size=4)
    rest = await ask(town, ACCMR, "ListOverdueReferrals", page_size=4, page_token=first.next_page_token)
    assert not rest.next_page_token
    listed = [*first.referrals, *rest.referrals]
    assert {one.referral_id for one in listed} == {str(one.referral_id) for one in late if one is not taken}
    assert not {one.referral_id for one in listed} & {str(one.referral_id) for one in secret}
    assert [one.person_due_time.seconds for one in listed] == sorted(
        one.person_due_time.seconds for one in listed
    )
    assert {one.sender_agency_id for one in listed} == {str(KEM)}
    told_accesses = town.rows("select count(*) from outbox where type = 'AccessRecorded'")
    assert told_accesses == [["2"]], "each page that was read is on record"


async def test_nobody_reaches_the_sums_past_the_use_case(town: Life) -> None:
    await record(town, 9)
    asked = "array['GREEK_A1'], array['EDUCATION'], '2020-01-01', '2040-01-01'"
    summed = f"select count(*) from report_demand({asked})"
    async with town.directory.app.transaction(ACCMR) as tx:
        assert await tx.connection.fetchval(summed) == 0
        await PostgresReports().reach(tx)
        assert await tx.connection.fetchval(summed) == 3, "or the question would tell nothing"
        with pytest.raises(Exception, match="permission denied"):
            await tx.connection.fetch("select * from demand")


async def test_no_row_of_demand_says_whose_it_is(town: Life) -> None:
    await record(town, 5)
    columns = town.rows(
        "select column_name from information_schema.columns"
        " where table_schema = 'referral' and table_name = 'demand'"
    )
    assert sorted(row[0] for row in columns) == ["district", "language", "recorded_day", "service_type"]


async def _offers(town: Life) -> None:
    """Some are taken up, some declined, some expire, some are open; of two urgencies."""
    await _places(town, 3, agency_number=3, count=200)
    await _places(town, 6, agency_number=2, count=0)
    asked = Counter[int]()
    for urgency, count in ((URGENCY_NORMAL, 45), (URGENCY_URGENT, 45)):
        for need in await record(town, count, urgency=urgency):
            number, offer_id = town.offer_to(need), town.offer(need)["offer_id"]
            asked[number] += 1
            if asked[number] % 3 == 0:
                await town.call(member(number), "AcceptOffer", offer_id=offer_id)
            elif asked[number] % 3 == 1:
                await town.call(member(number), "DeclineOffer", offer_id=offer_id, reason="NO_CAPACITY")
    await town.work_off()
    urgent = "select referral_id from referral where urgency = 'URGENT'"
    past = f"now() - interval '1 minute' where referral_id in ({urgent})"
    town.superuser.execute(
        f"update offer set respond_by_time = {past} and state = 'SENT';"
        f"update deadline set due_time = {past} and kind = 'OFFER' and detail = 'END'"
    )
    await town.work_off()


async def _places(town: Life, number: int, *, agency_number: int, count: int) -> None:
    admin = caller(Role.AGENCY_ADMIN, agency=agency_id(agency_number))
    async with town.directory.app.transaction(admin) as tx:
        declared = DeclaredCapacity(CapacityKind.PLACES, count)
        await declare_capacity(UnitId(service_id(number)), declared, tx, town.directory.stores)


def _before() -> rpc.ReportPeriod:
    return rpc.ReportPeriod(
        from_date=str(TODAY - timedelta(days=99)), until_date=str(TODAY - timedelta(days=9))
    )


def _some(found: dict[str, int]) -> dict[str, int]:
    """Only what was asked for; what there is beside that is told with none."""
    return {code: count for code, count in found.items() if count}


def _equal_where_told(found: dict[str, int], counted: Iterable[str]) -> None:
    rows = Counter(counted)
    assert {code: rows[code] for code in found} == found
