"""Visits, appointments and tries to reach somebody, at the desk."""

import re
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


async def test_of_two_bookings_the_one_that_was_sent_says_what_is_wrong(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, agency="KEM") as browser:
        here = (await registered(browser)).path.partition("?")[0] + "/contacts"
        day = (datetime.now() + timedelta(days=3)).strftime("%d/%m/%Y")  # noqa: DTZ005  a day in Athens, give or take one
        agency = str(await console.agency_id("UNHCR"))
        for clock in ("10:30", "12:30"):
            page = await browser.get(here)
            page = await browser.send(
                page, "book_day", book_day=day, book_clock=clock, with_agency=agency, place="Γραφείο 2"
            )
        ids = re.findall(r' id="([^"]+)"', page.html)
        assert len(ids) == len(set(ids)), "each field is known by its own id"
        first, second = [form.action for form in page.forms if form.action.endswith("/move")]
        refused = await browser.send(page, second, move_day="some day", move_clock="11:45")
        assert refused.code == 400
        booking = second.split("/")[-2]
        assert f'href="#move_day-{booking}"' in refused.html
        assert f'id="move_day-{booking}-error"' in refused.html
        assert dict(refused.form(second).fields)["move_day"] == "some day"
        assert dict(refused.form(first).fields)["move_day"] == ""
        assert refused.html.count('<details class="govuk-details" open>') == 1
        cancelled = await browser.send(page, first.replace("/move", "/cancel"))
        assert f'href="#reason-{first.split("/")[-2]}"' in cancelled.html


async def test_an_interpreter_who_is_named_is_not_dropped_in_silence(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, agency="KEM") as browser:
        page = await browser.get((await registered(browser)).path.partition("?")[0] + "/contacts")
        answers = {"topics": ["RIGHTS"], "spoken_language": "fra"}
        refused = await browser.send(page, "topics", **answers, interpreter="Number 12")
        assert refused.code == 400
        assert "Choose how the interpreter was there." in refused.words
        nameless = await browser.send(page, "topics", **answers, interpreter_mode="TELEPHONE")
        assert "Write by which name or number the interpreter is known." in nameless.words
        there = {"interpreter_mode": "TELEPHONE", "interpreter_of_age": "yes", "interpreter_signed": "yes"}
        done = await browser.send(refused, "topics", **there)
        assert "with an interpreter" in done.words, done.words[:300]
