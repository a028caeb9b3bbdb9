"""Times that somebody types to the minute, of what came after something else within that minute."""

from datetime import datetime
from zoneinfo import ZoneInfo

from kernel.vocabulary import Role
from tests.component.console.test_desk import registered, with_a_need
from tests.support.console import ConsoleHub
from tests.support.pages import Browser, Shown


def just_now() -> tuple[str, str]:
    """Day and time as a clock on the wall shows them."""
    now = datetime.now(ZoneInfo("Europe/Athens"))
    return f"{now:%d/%m/%Y}", f"{now:%H:%M}"


async def permitted(browser: Browser, referral: str, **other: str) -> tuple[Shown, str, str]:
    """What a consent to the agency that fits best has led to; the agency, and a category that it may see."""
    person, _, referral_id = referral.partition("/referrals/")
    form = await browser.get(f"{person}/consents/new?for={referral_id}")
    agency = dict(form.form("categories_1").fields)["agency_1"]
    answers = {"spoken_language": "fra", "understanding_checked": "yes", "method": "WRITTEN", "period": "6"}
    page = await browser.send(form, "categories_1", categories_1=["NAME"], **answers, **other)
    return page, agency, "NAME"


async def test_a_call_rests_on_the_consent_that_was_given_in_its_minute(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, agency="KEM") as browser:
        referral = (await with_a_need(browser)).path.partition("?")[0]
        page, agency, category = await permitted(browser, referral)
        assert page.code == 200, page.words[:300]
        form = await browser.get(f"{referral}/call")
        day, clock = just_now()
        page = await browser.send(
            form,
            "spoken_to",
            agency=agency,
            spoken_to="Reception",
            day=day,
            clock=clock,
            told=[category],
            basis="CONSENT",
            result="TAKEN",
        )
        assert page.code == 200, page.words[:600]


async def test_consent_on_paper_is_taken_of_this_minute_and_not_of_times_to_come(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, agency="KEM") as browser:
        referral = (await with_a_need(browser)).path.partition("?")[0]
        page, _, _ = await permitted(browser, referral, happened_day="01/01/2999", happened_clock="10:00")
        assert page.code == 400
        day, clock = just_now()
        page, _, _ = await permitted(browser, referral, happened_day=day, happened_clock=clock)
        assert page.code == 200, page.words[:300]


async def test_a_time_without_its_day_is_asked_for_and_not_dropped(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, agency="KEM") as browser:
        person = (await registered(browser)).path.partition("?")[0]
        page = await browser.send(
            await browser.get(f"{person}/needs"), "type_1", type_1="FOOD", happened_clock="10:00"
        )
        assert page.code == 400
        assert "Type day and time as" in page.words
        assert "/referrals/" not in "".join((await browser.get(person)).links)
        for having, typed in (
            ("channel", {"channel": "PHONE", "result": "REACHED", "try_clock": "10:00"}),
            ("topics", {"topics": ["RIGHTS"], "spoken_language": "ara", "visit_clock": "10:00"}),
        ):
            page = await browser.send(await browser.get(f"{person}/contacts"), having, **typed)
            assert page.code == 400, typed
            assert "Type day and time as" in page.words, typed


async def test_a_choice_that_the_form_does_not_have_is_refused_as_such(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, agency="KEM") as browser:
        referral = (await with_a_need(browser)).path.partition("?")[0]
        page = await browser.send(
            await browser.get(f"{referral.partition('/referrals')[0]}/needs"),
            "type_1",
            type_1="FOOD",
            urgency_1="YESTERDAY",
        )
        assert page.code == 400
        assert "a choice that it does not have" in page.words


async def test_what_is_remembered_of_this_minute_is_recorded_once_however_often_it_is_sent(
    console: ConsoleHub,
) -> None:
    async with console.browser(Role.CASEWORKER, agency="KEM") as browser:
        referral = (await with_a_need(browser)).path.partition("?")[0]
        person = referral.partition("/referrals")[0]
        _, agency, category = await permitted(browser, referral)
        day, clock = just_now()
        call = {"agency": agency, "spoken_to": "Reception", "told": [category], "basis": "CONSENT"}
        tried = {"channel": "PHONE", "result": "REACHED", "try_day": day, "try_clock": clock}
        for path, having, answers in (
            (f"{referral}/call", "spoken_to", {**call, "result": "TAKEN", "day": day, "clock": clock}),
            (f"{person}/contacts", "channel", tried),
        ):
            form = await browser.get(path)
            first, again = [await browser.fill_in(form, having, answers) for _ in range(2)]
            assert first.code == 200, first.words[:600]
            assert again.path == first.path, again.words[:600]
