"""Visits, appointments and tries to reach somebody, at the desk."""

from datetime import datetime, timedelta

from kernel.vocabulary import Role
from tests.component.console.test_desk import registered
from tests.support.console import ConsoleHub


async def test_what_was_explained_and_what_is_booked_stands_on_one_page(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, agency="KEM") as browser:
        case = await registered(
            browser, contact_value_1="+30 6912345678", contact_from_1="9", contact_until_1="17"
        )
        page = await browser.get(case.path.partition("?")[0] + "/contacts")
        assert page.words.count("None yet.") == 3
        page = await browser.send(page, "topics", topics=["RIGHTS", "SCHOOL"], spoken_language="fra")
        assert "The visit is recorded." in page.words
        assert "Rights and duties, School" in page.words
        day = (datetime.now() + timedelta(days=3)).strftime("%d/%m/%Y")  # noqa: DTZ005  a day in Athens, give or take one
        agency = str(await console.agency_id("UNHCR"))
        page = await browser.send(
            page, "book_day", book_day=day, book_clock="10:30", with_agency=agency, place="Γραφείο 2"
        )
        assert "The appointment is booked." in page.words
        page = await browser.send(page, "move_day", move_day=day, move_clock="11:45")
        assert "11:45" in page.words
        page = await browser.send(page, "reason", reason="NO_INTERPRETER")
        assert "No interpreter was found" in page.words
        page = await browser.send(page, "channel", channel="PHONE", result="NOT_REACHED")
        assert "The try is recorded." in page.words
        assert "Not reached" in page.words


async def test_a_form_without_what_it_needs_says_so_and_keeps_the_rest(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, agency="KEM") as browser:
        case = await registered(browser)
        page = await browser.get(case.path.partition("?")[0] + "/contacts")
        refused = await browser.send(page, "book_day", book_day="the day after", place="Γραφείο 2")
        assert refused.code == 400
        assert "Type day and time as 31/12/2026 and 14:30." in refused.words
        assert dict(refused.form("book_day").fields)["place"] == "Γραφείο 2"
