"""What has happened in a case, in one line of time."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from kernel.vocabulary import Role
from tests.component.console.test_desk import registered
from tests.support.console import ConsoleHub
from tests.support.desk import page_of
from tests.support.partner_agency import PartnerAgency, make_agency

KEM = {"agency": "KEM"}
STAFF = (Role.CASEWORKER, Role.GBV_FOCAL_POINT)
"""Roles that no other test has together: names of services are kept for a while."""
SHOWN = 30


@pytest.fixture(scope="module")
async def agency(console: ConsoleHub) -> PartnerAgency:
    return await make_agency(console)


async def test_everything_of_a_case_stands_in_one_line_the_latest_first(agency: PartnerAgency) -> None:
    [referral_id] = await agency.held()
    case = page_of(agency, referral_id).partition("/referrals")[0]
    async with agency.console.browser(*STAFF, **KEM) as browser:
        page = await browser.get(f"{case}/contacts")
        page = await browser.send(page, "topics", topics=["RIGHTS"], spoken_language="fra")
        day = (datetime.now(UTC) + timedelta(days=3)).strftime("%d/%m/%Y")
        agency_id = str(await agency.console.agency_id("UNHCR"))
        page = await browser.send(page, "book_day", book_day=day, book_clock="10:30", with_agency=agency_id)
        assert "The appointment is booked." in page.words
        on_case = await browser.get(case)
        steps = on_case.words.partition("What has happened")[2]
        assert steps.index("Accepted: Greek for beginners") < steps.index("Asked: Greek for beginners")
        assert f"{case}/story" in on_case.links
        story = (await browser.get(f"{case}/story")).words.partition("All that has happened")[2]
        order = (
            "An appointment was booked",
            "Visit",
            "Accepted: Greek for beginners",
            "Asked: Greek for beginners",
            "The need was recorded",
            "Consent was given",
        )
        places = [story.index(words) for words in order]
        assert places == sorted(places), story


async def test_a_long_story_is_on_pages_and_costs_no_more_calls(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, **KEM) as browser:
        case = (await registered(browser)).path.partition("?")[0]
        few = min([(await browser.get(f"{case}/story")).calls for _ in range(2)])
        form = await browser.get(f"{case}/contacts")
        for _ in range(SHOWN + 2):
            answers = {"channel": "PHONE", "result": "NOT_REACHED", "request_id": str(uuid4())}
            await browser.send(form, "channel", **answers)
        # of two looks at once one at most has to ask for the names of agencies again
        looks = [await browser.get(f"{case}/story") for _ in range(2)]
        assert min(one.calls for one in looks) <= few <= 9
        row = "The person was not reached"
        assert looks[0].words.count(row) == SHOWN
        [earlier] = [link for link in looks[0].links if "?from=" in link]
        last = await browser.get(earlier)
        assert last.words.count(row) == 2
        assert f"{case}/story" in last.links, "and back to the beginning"
        assert (await browser.get(f"{case}/story?from=x")).words.count(row) == SHOWN


async def test_of_somebody_elses_case_nothing_is_told(agency: PartnerAgency) -> None:
    case = f"/desk/people/{await agency.registered()}"
    async with agency.browser() as browser:
        assert (await browser.get(f"{case}/story")).code == 404


async def test_a_day_is_written_as_people_write_it(agency: PartnerAgency) -> None:
    [referral_id] = await agency.offered()
    offer_id = (await agency.seen(referral_id)).offers[-1].offer_id
    soon = datetime.now(UTC) + timedelta(days=60)
    await agency.call("WaitlistOffer", offer_id=offer_id, estimated_date=f"{soon:%Y-%m-%d}")
    async with agency.console.browser(Role.CASEWORKER, **KEM) as browser:
        page = await browser.get(page_of(agency, referral_id))
        assert f"A place may be free on {soon.day} {soon:%B} {soon.year}" in page.words
