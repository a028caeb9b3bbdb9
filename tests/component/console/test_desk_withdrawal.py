"""Taking consent back at the desk: what was meant is closed, the rest stays, and the page says which."""

import html
import re
from uuid import uuid4

from kem.intake.v1 import consent_pb2
from kernel.vocabulary import Role
from tests.component.console.test_desk import registered
from tests.component.console.test_desk_consent import HOW, asked_about_a_need, desk, fields, given
from tests.component.console.test_desk_times import just_now
from tests.support.console import ConsoleHub
from tests.support.pages import Browser, Shown

NOBODY = "nothing is given to anybody any more"


async def permitted(browser: Browser) -> tuple[Shown, str, str]:
    """The page on which the consent to two agencies is taken back, and these."""
    form = await asked_about_a_need(browser)
    first, second = fields(form)["agency_1"], fields(form)["agency_2"]
    done = await browser.send(form, "categories_1", **HOW, categories_1=["NAME"], categories_2=["NAME"])
    assert done.path.endswith("?said=consent-recorded"), done.words[:400]
    person = form.path.partition("/consents")[0]
    return await browser.get(f"{person}/consents/withdraw"), first, second


async def names_of(browser: Browser, page: Shown, *agencies: str) -> list[str]:
    """As the page of consents calls them, in the order of its lines."""
    shown = await browser.get(page.path.removesuffix("/withdraw"))
    names = [html.unescape(one) for one in re.findall(r"<li><bdi>(.*?)</bdi> —", shown.html)]
    assert len(names) == len(agencies)
    return names


async def still_open(console: ConsoleHub, page: Shown) -> set[str]:
    """To whom something may still be given, past the console."""
    return {
        line.grant.agency_id
        for one in await given(console, page)
        for line in one.grants
        if line.state == consent_pb2.CONSENT_STATE_IN_FORCE
    }


async def test_the_whole_is_withdrawn_whichever_agency_stands_chosen(console: ConsoleHub) -> None:
    async with desk(console) as browser:
        page, first, second = await permitted(browser)
        assert await still_open(console, page) == {first, second}
        done = await browser.send(page, "agency", agency=first, whole="yes")
        assert await still_open(console, page) == set()
        assert "It is withdrawn" in done.words
        assert NOBODY in done.words
        assert "2 permissions were closed." in done.words
        assert "stays as it was" not in done.words


async def test_for_one_agency_the_others_stay_and_the_page_says_so(console: ConsoleHub) -> None:
    async with desk(console) as browser:
        page, first, second = await permitted(browser)
        left, gone = (await names_of(browser, page, first, second))[::-1]
        done = await browser.send(page, "agency", agency=first)
        assert await still_open(console, page) == {second}
        assert NOBODY not in done.words
        assert "1 permission was closed." in done.words
        assert f"nothing is given to {gone} any more" in done.words
        assert f"What the person permits to others stays as it was: {left}" in done.words
        again = await browser.send(page, "agency", agency=first)
        assert "1 permission was closed." in again.words, "sent twice it is the same withdrawal"
        page = await browser.get(page.path)
        assert (second in page.html, first in page.html) == (True, False), "what is open is offered, no more"
        done = await browser.send(page, "agency", agency=second)
        assert "Nobody else is permitted anything." in done.words
        assert await still_open(console, page) == set()


async def test_nothing_is_withdrawn_while_nothing_is_chosen(console: ConsoleHub) -> None:
    async with desk(console) as browser:
        page, first, second = await permitted(browser)
        nothing = await browser.send(page, "whole")
        assert nothing.code == 400
        assert "Choose the agency, or withdraw the whole." in nothing.words
        half = await browser.send(page, "whole", agency=first, happened_clock="10:00")
        assert half.code == 400
        assert "Type day and time as" in half.words
        assert await still_open(console, page) == {first, second}


async def test_said_this_minute_and_sent_twice_it_is_one_withdrawal(console: ConsoleHub) -> None:
    async with desk(console) as browser:
        page, first, _ = await permitted(browser)
        day, clock = just_now()
        answers = {"agency": first, "happened_day": day, "happened_clock": clock}
        for _ in range(2):
            done = await browser.send(page, "whole", **answers)
            assert done.code == 200, done.words[:400]
            assert "1 permission was closed." in done.words


async def test_where_nothing_is_open_the_page_says_so_and_the_word_can_be_recorded(
    console: ConsoleHub,
) -> None:
    async with desk(console) as browser:
        person = (await registered(browser)).path.partition("?")[0]
        page = await browser.get(f"{person}/consents/withdraw")
        assert "Nothing is open: nobody is permitted anything at the moment." in page.words
        assert "agency" not in page.form("whole").names
        done = await browser.send(page, "whole", whole="yes")
        assert "It is on record; nothing was open" in done.words
        assert "permissions were closed" not in done.words


async def test_nobody_elses_consent_is_withdrawn(console: ConsoleHub) -> None:
    async with (
        desk(console) as browser,
        console.browser(Role.AGENCY_MEMBER, agency="UNHCR") as elsewhere,
    ):
        page, first, second = await permitted(browser)
        own = await elsewhere.get("/desk/people")
        csrf = dict(own.form("reason").fields)["csrf"]
        refused = await elsewhere.post(page.path, {"csrf": csrf, "request_id": str(uuid4()), "whole": "yes"})
        assert refused.code == 404
        assert await still_open(console, page) == {first, second}
