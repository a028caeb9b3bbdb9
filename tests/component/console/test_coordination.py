"""What coordinators are told: sums with a chart beside each, as a page and as a file."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from kem.intake.v1 import intake_service_pb2 as intake
from kem.intake.v1 import need_pb2
from kem.intake.v1.beneficiary_pb2 import ORIGIN_KEM_DESK
from kernel.vocabulary import Role
from services.intake.domain.beneficiary import LanguageLevel, LanguageSkill
from tests.support.console import ConsoleHub
from tests.support.pages import Browser, Shown
from tests.support.partner_agency import NORMAL, PartnerAgency, make_agency, until

REPORTS = ("demand", "response-times", "waiting-lists", "gaps", "overdue")
FEW = range(1, 5)
NAMES_SECONDS = 60.0
"""The console keeps what it has read of agencies for half a minute."""
_FIGURES = {
    "demand": ("needs",),
    "response-times": ("offers", "answered", "taken_up", "expired"),
    "waiting-lists": ("waiting",),
    "gaps": ("referrals",),
    "overdue": ("referrals",),
}
"""Of each report the figures that are numbers of people."""


@dataclass(frozen=True, slots=True)
class Town:
    """Agencies about which there is something to tell: a coordinator's own, and others with many and few."""

    own: PartnerAgency
    others: Sequence[PartnerAgency]


@pytest.fixture(scope="module")
async def town(console: ConsoleHub) -> Town:
    own, many, few = [await make_agency(console) for _ in range(3)]
    for number, one in enumerate((own, many, few)):
        await enter(one, f"Distinguished House {number} {one.code}", "education_learning", "housing")
    for agency, count in ((own, 7), (many, 8), (few, 3)):
        await agency.held(count)
    for referral_id in await many.offered(6):
        offer_id = (await many.seen(referral_id)).offers[-1].offer_id
        await many.call("WaitlistOffer", offer_id=offer_id)
    late = await own.offered(6)
    await with_gaps(own, 6)
    postgres = console.stack.postgres
    connection = await asyncpg.connect(postgres.url(postgres.superuser))
    try:
        await connection.execute(
            "update referral.referral set person_due_time = now() - interval '1 hour'"
            " where referral_id = any($1::uuid[])",
            late,
        )
    finally:
        await connection.close()
    async with own.browser(Role.COMMITTEE_COORDINATOR) as browser:

        async def is_known() -> bool:
            return "Education and learning, Housing" in (await browser.get("/coordination")).words

        await until(is_known, NAMES_SECONDS)
    return Town(own, (many, few))


async def enter(agency: PartnerAgency, name: str, *committees: str) -> None:
    """Under this name and in these committees from now on."""
    keeper = agency.hub.person(uuid4(), None, Role.OPERATOR)
    entered = directory_pb2.Agency(
        agency_id=str(agency.agency_id),
        code=agency.code,
        name=directory_pb2.BilingualText(el=name, en=name),
        committees=committees,
        sample=True,
    )
    request = directory.SaveAgenciesRequest(request_id=str(uuid4()), agencies=[entered])
    await agency.hub.directory.SaveAgencies(request, metadata=keeper.credentials())


async def with_gaps(agency: PartnerAgency, count: int) -> None:
    """So many needs of somebody whose language nobody at the only agency that they permit speaks."""
    person = await agency.person(
        languages=(LanguageSkill("tir", LanguageLevel.NATIVE),), interpreter_needed=False
    )
    needs = [
        need_pb2.NewNeed(
            beneficiary_id=person,
            service_type=agency.service.service_type,
            urgency=NORMAL,
            routing=need_pb2.ROUTING_CONSENTED,
            origin=ORIGIN_KEM_DESK,
        )
        for _ in range(count)
    ]
    recorded = await agency.hub.intake.RecordNeeds(
        intake.RecordNeedsRequest(request_id=str(uuid4()), needs=needs), metadata=agency.desk.credentials()
    )

    connection = await asyncpg.connect(agency.console.stack.postgres.url("kem_check"))
    try:

        async def are_unmatched() -> bool:
            found = await connection.fetchval(
                "select count(*) from referral.referral"
                " where referral_id = any($1::uuid[]) and state = 'UNMATCHED'",
                [one.referral_id for one in recorded.needs],
            )
            return int(found) == count

        await until(are_unmatched)
    finally:
        await connection.close()


async def rows_of(browser: Browser, report: str, query: str = "") -> list[dict[str, str]]:
    """The report as a file."""
    file = await browser.get(f"/coordination/{report}.csv{query}")
    assert file.code == 200, file.words[:300]
    assert file.headers["content-type"].startswith("text/csv")
    assert "attachment" in file.headers["content-disposition"]
    return list(csv.DictReader(io.StringIO(file.html.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"))))


def main_of(page: Shown) -> str:
    """What a page shows beside its frame."""
    return page.html.partition("<main")[2].partition("</main>")[0]


def charts_of(page: Shown) -> list[str]:
    return re.findall(r'<svg class="kem-chart".*?</svg>', page.html, re.DOTALL)


@pytest.mark.parametrize("report", REPORTS)
async def test_each_report_is_a_page_and_a_file_with_the_same_rows(
    console: ConsoleHub, town: Town, report: str
) -> None:
    async with console.browser(Role.ACCMR_OFFICER) as officer:
        rows = await rows_of(officer, report)
        page = await officer.get(f"/coordination/{report}")
    assert page.code == 200, page.words[:300]
    assert rows, "or nothing of this was tried"
    figures = [row[name] for row in rows for name in _FIGURES[report]]
    assert any(figures), "or all of it is withheld"
    for row in rows:
        assert row["name"] in page.words
        for name in _FIGURES[report]:
            shown = f"{int(row[name]):,}" if row[name] else "·"
            assert f">{shown}<" in main_of(page), (row, name)
    dimensions = {row["dimension"] for row in rows}
    assert len(dimensions) == len(charts_of(page)) == 3
    if report == "demand":
        assert dimensions == {"SECTOR", "DISTRICT", "LANGUAGE"}
        assert 'class="kem-map"' in page.html


async def test_demand_and_capacity_are_drawn_side_by_side_and_response_times_as_times(
    console: ConsoleHub, town: Town
) -> None:
    async with console.browser(Role.ACCMR_OFFICER) as officer:
        rows = [row for row in await rows_of(officer, "demand") if row["dimension"] == "SECTOR"]
        demand = await officer.get("/coordination/demand")
        times = await officer.get("/coordination/response-times")
    chart = charts_of(demand)[0]
    assert 'aria-label="By field of help: Needs, Places"' in chart
    assert chart.count('class="kem-chart__bar"') == chart.count('class="kem-chart__other"') == len(rows)
    written = [one.split(" + ")[0] for one in re.findall(r"kem-chart__figure[^>]*>([^<]*)<", chart)]
    for place, row in enumerate(rows):
        asked, there = written[2 * place : 2 * place + 2]
        assert asked == (f"{int(row['needs']):,}" if row["needs"] else "·")
        assert there in (f"{int(row['places']):,}", "∞")
    # the longest bar is that of the largest figure of either kind
    widths = [float(one) for one in re.findall(r'kem-chart__(?:bar|other)[^>]* width="([0-9.]+)%"', chart)]
    largest = max(int(row[name] or 0) for row in rows for name in ("needs", "places"))
    assert max(widths) == 68
    for place, row in enumerate(rows):
        assert widths[2 * place + 1] == pytest.approx(int(row["places"]) / largest * 68, abs=0.01)
    figures = re.search(r'<svg class="kem-map".*?</svg>', demand.html, re.DOTALL)
    assert figures
    numbers = re.findall(r'kem-map__number"[^>]*>([^<]*)<', figures[0])
    assert numbers
    assert all(" / " in one for one in numbers), "the map shows both"
    for chart in charts_of(times):
        assert "Half within, Nine of ten within" in chart
        told = re.findall(r"kem-chart__figure[^>]*>([^<]*)<", chart)
        assert told
        assert all(re.fullmatch(r"·|\d+ (min|h|days)", one) for one in told), told


@pytest.mark.parametrize("report", REPORTS)
async def test_no_other_agency_and_no_number_under_five_is_told_to_a_coordinator(
    console: ConsoleHub, town: Town, report: str
) -> None:
    own = str(town.own.agency_id)
    operator = console.hub.person(uuid4(), None, Role.OPERATOR).credentials()
    listed: list[directory_pb2.Agency] = []
    token = ""
    while True:
        request = directory.ListAgenciesRequest(page_size=200, page_token=token)
        answer = await console.hub.directory.ListAgencies(request, metadata=operator)
        listed += answer.agencies
        token = answer.next_page_token
        if not token:
            break
    others = [one for one in listed if one.agency_id != own]
    assert {str(one.agency_id) for one in town.others} < {one.agency_id for one in others}
    rows: list[dict[str, str]] = []
    for language in ("en", "el"):
        for committee in ("education_learning", "housing"):
            query = f"?committee={committee}"
            async with town.own.browser(Role.COMMITTEE_COORDINATOR, language=language) as browser:
                page = await browser.get(f"/coordination/{report}{query}")
                file = await browser.get(f"/coordination/{report}.csv{query}")
                rows += await rows_of(browser, report, query)
            assert (page.code, file.code) == (200, 200)
            told = main_of(page) + file.html
            for one in others:
                assert one.agency_id not in page.html + file.html
                for name in (one.name.el, one.name.en):
                    assert not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", told), name
    assert rows, "or nothing of this was tried"
    if report in ("response-times", "waiting-lists"):
        agencies = [row for row in rows if row["dimension"] == "AGENCY"]
        assert any(re.fullmatch("[A-Z]+", row["code"]) for row in agencies), "or nobody was masked"
        assert all(re.fullmatch("[A-Z]+", row["code"]) or row["code"] == own for row in agencies)
    for row in rows:
        for name in _FIGURES[report]:
            assert int(row[name] or 0) not in FEW, row
    if report == "response-times":
        assert any(row["offers"] == "" for row in rows), "three were offered to somebody, and are withheld"


async def test_of_several_committees_one_is_chosen_and_the_page_says_of_which_it_is(
    console: ConsoleHub, town: Town
) -> None:
    async with town.own.browser(Role.COMMITTEE_COORDINATOR) as browser:
        start = await browser.get("/coordination")
        assert "of one at a time: Education and learning, Housing." in start.words
        first = await browser.get("/coordination/demand?from=01/01/2026&until=31/12/2026")
        assert "Of what this committee reports on: Education and learning." in first.words
        [other] = [link for link in first.links if "committee=housing" in link]
        housing = await browser.get(other.replace("&amp;", "&"))
        assert "Of what this committee reports on: Housing. From 1 January 2026 until 31 December 2026." in (
            housing.words
        )
        fields = {row["code"] for row in await rows_of(browser, "demand", "?committee=housing")}
        assert "HOUSING" in fields
        assert "EDUCATION" not in fields
        # the form of the period, and the file, stay with it
        assert ("committee", "housing") in housing.form("from").fields
        assert any(".csv?" in link and "committee=housing" in link for link in housing.links)
        # of a committee that is not theirs they are shown their own
        strange = await browser.get("/coordination/gaps?committee=health")
        assert "Of what this committee reports on: Education and learning." in strange.words
    async with console.browser(Role.ACCMR_OFFICER) as officer:
        for path in ("/coordination", "/coordination/overdue"):
            assert "f what all committees report on." in (await officer.get(path)).words


async def test_who_sits_in_no_committee_is_told_whom_to_ask(console: ConsoleHub) -> None:
    lonely = await make_agency(console)
    await enter(lonely, f"Lonely House {lonely.code}")
    async with lonely.browser(Role.COMMITTEE_COORDINATOR) as browser:

        async def is_told() -> bool:
            return "Your agency sits in no committee" in (await browser.get("/coordination")).words

        await until(is_told, NAMES_SECONDS)
        start = await browser.get("/coordination")
        assert (start.code, "Athens Coordination Center (ACCMR)" in start.words) == (200, True)
        assert not [link for link in start.links if link.startswith("/coordination/")]
        for path in ("/coordination/demand", "/coordination/demand.csv"):
            refused = await browser.get(path)
            assert refused.code == 403
            assert "Athens Coordination Center (ACCMR)" in refused.words


async def test_a_period_that_is_none_is_told_at_its_field_also_instead_of_a_file(console: ConsoleHub) -> None:
    async with console.browser(Role.ACCMR_OFFICER) as officer:
        for path in ("/coordination/demand", "/coordination/demand.csv"):
            page = await officer.get(f"{path}?from=31/12/2026&until=01/12/2026")
            assert page.code == 400
            assert "The last day comes before the first." in page.words
        assert "Type the date as" in (await officer.get("/coordination/gaps?from=yesterday")).words


async def test_what_the_service_refuses_is_said_in_the_readers_language(console: ConsoleHub) -> None:
    too_long = (datetime.now(UTC) - timedelta(days=3_000)).date()
    async with console.browser(Role.ACCMR_OFFICER, language="el") as officer:
        for path in ("/coordination/demand", "/coordination/demand.csv"):
            page = await officer.get(f"{path}?from={too_long}")
            assert page.code == 400
            assert "το πολύ πέντε χρόνια" in page.words
            assert "A period ends" not in page.words


async def test_cases_are_the_officers_and_sums_the_coordinators(console: ConsoleHub, town: Town) -> None:
    async with (
        console.browser(Role.COMMITTEE_COORDINATOR, agency="UNHCR") as coordinator,
        console.browser(Role.ACCMR_OFFICER) as officer,
        console.browser(Role.AGENCY_MEMBER, agency="UNHCR") as member,
    ):
        assert (await coordinator.get("/coordination/demand")).code == 200
        assert (await coordinator.get("/coordination/overdue/cases")).code == 403
        overdue = await officer.get("/coordination/overdue/cases")
        assert overdue.words.count("City of Athens – KEM") >= 6
        assert (await member.get("/coordination")).code == 403
