"""Taking somebody's consent at the desk: what was ticked is what is recorded, once, on the notice shown."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from kem.intake.v1 import consent_pb2
from kem.intake.v1 import intake_service_pb2 as intake
from kernel.vocabulary import Role
from tests.component.console.test_desk import registered, with_a_need
from tests.component.console.test_desk_times import just_now
from tests.support.console import ConsoleHub
from tests.support.pages import Browser, Shown

NEED = "GREEK_A1"
"""Two agencies of the sample city and more teach it."""
HOW = {"spoken_language": "fra", "understanding_checked": "yes", "method": "WRITTEN", "period": "6"}


def desk(console: ConsoleHub) -> Any:
    return console.browser(Role.CASEWORKER, agency="KEM")


async def asked_about_a_need(browser: Browser) -> Shown:
    """The form of a consent for a need that several agencies fit."""
    referral = (await with_a_need(browser, NEED)).path.partition("?")[0]
    person, _, referral_id = referral.partition("/referrals/")
    return await browser.get(f"{person}/consents/new?for={referral_id}")


async def asked(browser: Browser) -> Shown:
    """The form of a consent that is for no need in particular."""
    person = (await registered(browser)).path.partition("?")[0]
    return await browser.get(f"{person}/consents/new")


def fields(page: Shown) -> dict[str, str]:
    return dict(page.form("categories_1").fields)


def ticked(page: Shown, row: int) -> list[str]:
    return [value for name, value in page.form("categories_1").fields if name == f"categories_{row}"]


async def given(console: ConsoleHub, page: Shown) -> list[consent_pb2.ListedConsent]:
    """What is on record for the person of a page, past the console."""
    return list((await listed(console, page)).consents)


async def listed(console: ConsoleHub, page: Shown) -> intake.ListConsentsResponse:
    person = page.path.partition("/desk/people/")[2].partition("/")[0]
    reader = console.hub.person(uuid4(), await console.agency_id("KEM"), Role.CASEWORKER)
    request = intake.ListConsentsRequest(beneficiary_id=person)
    found: intake.ListConsentsResponse = await console.hub.intake.ListConsents(
        request, metadata=reader.credentials()
    )
    return found


def permits(one: consent_pb2.ListedConsent) -> dict[str, list[str]]:
    """By agency what it may see."""
    return {line.grant.agency_id: list(line.grant.categories) for line in one.grants}


async def test_a_form_that_is_sent_twice_is_one_consent_and_answered_as_the_first(
    console: ConsoleHub,
) -> None:
    day, clock = just_now()
    for earlier in ({}, {"happened_day": day, "happened_clock": clock}):
        async with desk(console) as browser:
            form = await asked_about_a_need(browser)
            answers = {**HOW, "categories_1": ["NAME"], **earlier}
            first = await browser.send(form, "categories_1", **answers)
            again = await browser.send(form, "categories_1", **answers)
            assert first.path.endswith("?said=consent-recorded"), first.words[:400]
            assert again.path == first.path
            assert len(await given(console, form)) == 1


async def test_what_is_on_record_already_is_said_and_a_changed_form_can_be_another_consent(
    console: ConsoleHub,
) -> None:
    async with desk(console) as browser:
        form = await asked_about_a_need(browser)
        await browser.send(form, "categories_1", **HOW, categories_1=["NAME"])
        changed = await browser.send(form, "categories_1", **HOW, categories_2=["NAME"])
        assert changed.code == 400
        assert "on record already, as it was first sent" in changed.words
        assert f"{form.path.partition('/consents')[0]}/consents" in changed.links
        assert len(await given(console, form)) == 1
        assert ticked(changed, 2) == ["NAME"]
        done = await browser.send(changed, "categories_1")
        assert done.path.endswith("?said=consent-recorded"), done.words[:400]
        assert len(await given(console, form)) == 2


@pytest.mark.parametrize("pressed", [{"show_notice": "yes"}, {"more": "yes"}, {"period": ""}])
async def test_ticks_stay_with_the_agency_beside_which_they_were_made(
    console: ConsoleHub, pressed: dict[str, str]
) -> None:
    async with desk(console) as browser:
        form = await asked_about_a_need(browser)
        best, next_best = fields(form)["agency_1"], fields(form)["agency_2"]
        # as the page was when the other one fitted better
        rows = {"agency_1": next_best, "agency_2": best}
        again = await browser.send(
            form, "categories_1", **{**HOW, **rows, "categories_1": ["NAME"], **pressed}
        )
        assert (fields(again)["agency_1"], ticked(again, 1)) == (next_best, ["NAME"])
        assert (fields(again)["agency_2"], ticked(again, 2)) == (best, [])
        done = await browser.send(again, "categories_1", **HOW)
        assert done.path.endswith("?said=consent-recorded"), done.words[:400]
        [one] = await given(console, form)
        assert permits(one) == {next_best: ["NAME"]}


async def test_nobody_is_said_to_have_read_a_notice_that_was_not_on_the_page(console: ConsoleHub) -> None:
    async with desk(console) as browser:
        form = await asked(browser)
        agency = str(await console.agency_id("UNHCR"))
        row = {"agency_1": agency, "purpose_1": "SERVICE_LEGAL", "categories_1": ["NAME"]}
        assert fields(form)["notice_language"] == "fr", "the person speaks French"
        other = await browser.send(form, "categories_1", **HOW, **row, notice_language="ar")
        assert other.code == 400
        assert "You chose the notice in another language." in other.words
        assert '<article class="kem-notice" lang="ar" dir="rtl"' in other.html
        assert "understanding_checked" not in fields(other), "nobody has read this one yet"
        assert ticked(other, 1) == ["NAME"]
        newer = await browser.send(other, "categories_1", **HOW, shown_version="an older one")
        assert newer.code == 400
        assert "A new notice is in use since then." in newer.words
        assert await given(console, form) == []
        done = await browser.send(newer, "categories_1", understanding_checked="yes")
        assert done.path.endswith("?said=consent-recorded"), done.words[:400]
        [one] = await given(console, form)
        assert (one.notice_language, permits(one)) == ("ar", {agency: ["NAME"]})


async def test_what_is_begun_for_an_agency_is_not_dropped_without_a_word(console: ConsoleHub) -> None:
    async with desk(console) as browser:
        form = await asked_about_a_need(browser)
        last = max(
            int(name.rpartition("_")[2]) for name in form.form("categories_1").names if "agency_" in name
        )
        agency, good = str(await console.agency_id("UNHCR")), {**HOW, "categories_1": ["NAME"]}
        for begun, words in (
            ({f"categories_{last}": ["NAME"]}, "Choose which agency this is about"),
            ({f"purpose_{last}": "SERVICE_LEGAL"}, "Choose which agency this is about"),
            ({f"agency_{last}": agency, f"purpose_{last}": "SERVICE_LEGAL"}, "Tick what this agency may see"),
            ({f"agency_{last}": agency, f"categories_{last}": ["NAME"]}, "Choose for what it may be used."),
            ({"interpreter": "Interpreter 12"}, "Choose how the interpreter took part"),
            ({"interpreter_signed": "yes"}, "Choose how the interpreter took part"),
            ({"never_safety": "yes"}, "Choose who must never be told anything."),
            ({"happened_clock": "10:00"}, "Type day and time as"),
        ):
            page = await browser.send(form, "categories_1", **good, **begun)
            assert page.code == 400, begun
            assert words in page.words
            for name, value in begun.items():
                assert (
                    [value]
                    if isinstance(value, str)
                    else value
                    == [found for asked_of, found in page.form("categories_1").fields if asked_of == name]
                ), "what was typed stays"
        assert await given(console, form) == []


async def test_another_agency_can_be_added_as_often_as_the_person_wants(console: ConsoleHub) -> None:
    async with desk(console) as browser:
        form = await asked(browser)
        agencies = [str(await console.agency_id(code)) for code in ("UNHCR", "KEM")]
        row = {"agency_1": agencies[0], "purpose_1": "SERVICE_LEGAL", "categories_1": ["NAME"]}
        more = await browser.send(form, "categories_1", **HOW, **row, more="yes")
        assert more.code == 200, more.words[:300]
        assert (fields(more)["agency_1"], ticked(more, 1), fields(more)["period"]) == (
            agencies[0],
            ["NAME"],
            "6",
        )
        row = {"agency_2": agencies[1], "purpose_2": "SERVICE_HEALTH", "categories_2": ["NAME", "HEALTH"]}
        done = await browser.send(more, "categories_1", **row)
        assert done.path.endswith("?said=consent-recorded"), done.words[:400]
        [one] = await given(console, form)
        assert {agency: set(seen) for agency, seen in permits(one).items()} == {
            agencies[0]: {"NAME"},
            agencies[1]: {"NAME", "HEALTH"},
        }


async def test_a_consent_that_is_begun_is_kept_and_forgotten_when_it_is_recorded(console: ConsoleHub) -> None:
    async with desk(console) as browser:
        form = await asked_about_a_need(browser)
        kept = {**fields(form), **HOW, "categories_2": "NAME", "interpreter_mode": "VIDEO"}
        saved = await browser.post(f"/desk/drafts/{kept['draft']}", {**kept, "keep": "yes"})
        assert "A consent to record" in saved.words
        [path] = [one for one in saved.links if kept["draft"] in one]
        again = await browser.get(path)
        assert (ticked(again, 2), fields(again)["interpreter_mode"]) == (["NAME"], "VIDEO")
        assert {name: fields(again)[name] for name in ("for", "agency_2", "period")} == {
            name: kept[name] for name in ("for", "agency_2", "period")
        }
        done = await browser.send(again, "categories_1", interpreter_mode="")
        assert done.path.endswith("?said=consent-recorded"), done.words[:400]
        [one] = await given(console, form)
        assert permits(one) == {kept["agency_2"]: ["NAME"]}
        assert kept["draft"] not in (await browser.get("/desk/drafts")).html


async def test_what_the_person_said_that_permits_nothing_is_shown_with_their_consents(
    console: ConsoleHub,
) -> None:
    async with desk(console) as browser:
        person = (await registered(browser)).path.partition("?")[0]
        form = await browser.get(f"{person}/consents/said")
        agency = str(await console.agency_id("UNHCR"))
        nothing = await browser.send(form, "answer", happened_day="yesterday")
        assert nothing.code == 400
        for words in ("Choose what the person said.", "Type day and time as"):
            assert words in nothing.words
        earlier = datetime.now(UTC) - timedelta(days=3)
        answers = {"answer": "REFUSED", "agency": agency, "happened_day": f"{earlier:%d/%m/%Y}"}
        said = await browser.send(form, "answer", **answers, happened_clock="12:00")
        assert said.path == f"{person}/consents?said=consent-said", said.words[:400]
        assert (await browser.send(form, "answer", **answers, happened_clock="12:00")).path == said.path
        assert "Said no" in said.words
        [one] = (await listed(console, said)).answers
        assert one.agency_id == agency
        assert one.happened_time.ToDatetime(UTC).date() == earlier.date()
        later = await browser.get(f"{person}/consents/said")
        ahead = await browser.send(later, "answer", answer="DEFERRED", happened_day="01/01/2999")
        assert ahead.code == 400
        said = await browser.send(later, "answer", answer="DEFERRED")
        thinks, no = said.html.index("Wants to think about it"), said.html.index("Said no")
        assert thinks < no, "the newest first"
        assert "About all agencies" in said.words
