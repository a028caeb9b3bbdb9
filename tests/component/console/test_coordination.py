"""What coordinators are told: sums with a chart beside each, as a page and as a file."""

import csv
import io

import pytest

from kernel.vocabulary import Role
from tests.component.console.test_desk import with_a_need
from tests.support.console import ConsoleHub

REPORTS = ("demand", "response-times", "waiting-lists", "gaps", "overdue")


@pytest.mark.parametrize("report", REPORTS)
async def test_each_report_is_a_page_and_a_file_with_the_same_rows(console: ConsoleHub, report: str) -> None:
    async with (
        console.browser(Role.CASEWORKER, agency="KEM") as desk,
        console.browser(Role.ACCMR_OFFICER) as officer,
    ):
        await with_a_need(desk)
        page = await officer.get(f"/coordination/{report}")
        assert page.code == 200, page.words[:300]
        file = await officer.get(f"/coordination/{report}.csv")
        assert file.headers["content-type"].startswith("text/csv")
        assert "attachment" in file.headers["content-disposition"]
        rows = list(csv.DictReader(io.StringIO(file.html.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"))))
        assert all(row["name"] in page.words for row in rows)
        if report == "demand":
            assert {"SECTOR", "DISTRICT", "LANGUAGE"} == {row["dimension"] for row in rows}
            assert 'class="kem-map"' in page.html
            assert "<svg" in page.html


async def test_a_period_that_is_none_is_told_at_its_field(console: ConsoleHub) -> None:
    async with console.browser(Role.ACCMR_OFFICER) as officer:
        page = await officer.get("/coordination/demand?from=31/12/2026&until=01/12/2026")
        assert page.code == 400
        assert "The last day comes before the first." in page.words
        assert "Type the date as" in (await officer.get("/coordination/gaps?from=yesterday")).words


async def test_cases_are_the_officers_and_sums_the_coordinators(console: ConsoleHub) -> None:
    async with (
        console.browser(Role.COMMITTEE_COORDINATOR, agency="UNHCR") as coordinator,
        console.browser(Role.ACCMR_OFFICER) as officer,
        console.browser(Role.AGENCY_MEMBER, agency="UNHCR") as member,
    ):
        assert (await coordinator.get("/coordination/demand")).code == 200
        assert (await coordinator.get("/coordination/overdue/cases")).code == 403
        assert "Nothing is overdue" in (await officer.get("/coordination/overdue/cases")).words
        assert (await member.get("/coordination")).code == 403
