"""A report of fairness is made at the console, as at a terminal: once, on record, shown with its files."""

import csv
import io
import json
import re
from datetime import timedelta
from uuid import UUID

import asyncpg

from kernel.vocabulary import Role
from tests.support.console import ConsoleHub
from tests.support.pages import Browser
from tests.support.partner_agency import make_agency, until

REPORT, NEW = "/audit/questions/fairness", "/audit/questions/fairness/new"
LEAST = 100


async def settle(console: ConsoleHub, referral_ids: list[str]) -> None:
    """As if these needs had been recorded two hours ago: what is younger than half a minute waits."""
    connection = await asyncpg.connect(console.stack.postgres.url(console.stack.postgres.superuser))
    try:
        changed = await connection.execute(
            "update intake.need set recorded_time = recorded_time - $2::interval where referral_id = any($1)",
            [UUID(one) for one in referral_ids],
            timedelta(hours=2),
        )
    finally:
        await connection.close()
    assert changed == f"UPDATE {len(referral_ids)}"


async def reports(browser: Browser) -> int:
    """The number of the newest report; 0 before the first."""
    found = re.search(r"Report ([\d,]+):", (await browser.get(REPORT)).words)
    return int(found[1].replace(",", "")) if found else 0


async def test_a_report_is_made_once_by_whoever_asks_and_is_on_record(console: ConsoleHub) -> None:
    agency, auditor = await make_agency(console), await console.member(Role.AUDITOR)
    await settle(console, await agency.offered(count=LEAST + 5))
    async with console.browser_of(auditor) as browser:
        before = await reports(browser)
        assert NEW in (await browser.get(REPORT)).links
        form = await browser.get(NEW)
        assert "needs recorded from" in form.words
        made = await browser.send(form, "request_id")
        assert made.path == f"{REPORT}?said=fairness-made", made.words
        assert "The report is made" in made.words
        assert await reports(browser) == before + 1
        again = await browser.send(form, "request_id")
        assert again.path == made.path, "a double click makes one report"
        assert await reports(browser) == before + 1
        next_one = await browser.get(NEW)
        assert f"number {before + 1}," in next_one.words
        few = await browser.send(next_one, "request_id")
        assert few.code == 400
        assert "needs were recorded since the last report" in few.words
        assert await reports(browser) == before + 1
        told = json.loads((await browser.get(f"{REPORT}.json")).html)
        rows = list(csv.reader(io.StringIO((await browser.get(f"{REPORT}.csv")).html)))
        assert len(told["rows"]) == len(rows) - 1 > 0

        async def is_on_record() -> bool:
            found = await browser.get(f"/audit/entries?by={auditor.principal_id}&kind=AccessRecorded")
            return "FairnessService/MakeFairnessReport" in found.words

        await until(is_on_record)


async def test_making_a_report_is_the_auditor_s_and_the_officer_s_in_greek_too(console: ConsoleHub) -> None:
    for role in (Role.DPO, Role.AUDITOR):
        async with console.browser(role, language="el") as browser:
            assert "Νέα έκθεση ισότητας" in (await browser.get(NEW)).words
    for role in (Role.SUPERVISOR, Role.CASEWORKER):
        async with console.browser(role, agency="KEM") as browser:
            assert (await browser.get(NEW)).code == 403
