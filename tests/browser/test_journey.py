"""From arrival to outcome: a desk, its supervisor, two agencies, a coordinator, an auditor; el and en."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from kem.directory.v1.directory_service_pb2 import ListAgenciesRequest
from kernel.vocabulary import Role
from tests.browser.seeing import Eyes
from tests.component.console.test_desk import new_name

PATIENCE = 60_000
NEED = "GREEK_A1"


async def press(page: Page, form: str, button: str = "button") -> None:
    """Sends the form that has this field, or goes to this address."""
    selector = f'form[action$="{form}"]' if form.startswith("/") else f'form:has([name="{form}"])'
    await page.locator(selector).locator(button).first.click()


async def step(page: Page, name: str) -> None:
    """Sends a form of a partner's page by what it does."""
    await page.locator(f'form:has(input[name="step"][value="{name}"]) button').first.click()


@pytest.mark.parametrize("language", ["el", "en"])
async def test_from_arrival_to_outcome(eyes: Eyes, language: str) -> None:
    async with eyes.tab(language, 1280, Role.CASEWORKER, agency="KEM") as desk:
        person = await arrives(desk.page)
        referral = await needs(desk.page, person)
        first, second = await consents(desk.page, person, referral)
        await chooses(desk.page, person, referral)
        await names_a_deputy(eyes, language, person)
        declining, accepting = [await code_of(eyes, one) for one in (first, second)]
        async with eyes.tab(language, 1280, Role.AGENCY_MEMBER, agency=declining) as tab:
            await declines(tab.page, referral)
        async with eyes.tab(language, 320, Role.AGENCY_MEMBER, agency=accepting) as tab:
            await takes_up_and_ends(tab.page, referral)
        told = desk.page.locator("main")  # it has stood open since the choice
        for words in {
            "el": ("Ολοκληρώθηκε", "Αρνήθηκε:", "Δέχτηκε:", "Η ανάγκη καλύφθηκε"),
            "en": ("Completed", "Declined:", "Accepted:", "Need met"),
        }[language]:
            await expect(told).to_contain_text(words, timeout=PATIENCE)
        await desk.page.goto(person)
        assert "Deputy Example" in await desk.page.locator("main").inner_text()
        assert desk.complaints == []
        await is_counted(eyes, language)
    async with eyes.tab(language, 1280, Role.AUDITOR) as tab:
        await is_audited(tab.page, referral, second)
        assert tab.complaints == []


async def is_counted(eyes: Eyes, language: str) -> None:
    """The City's coordinator sees sums, and nobody in them."""
    async with eyes.tab(language, 1280, Role.ACCMR_OFFICER) as tab:
        await tab.page.goto("/coordination/demand")
        await tab.page.locator("main svg").first.wait_for()
        assert "Δείγμα" not in await tab.page.locator("main").inner_text()
        assert tab.complaints == []


async def arrives(page: Page) -> str:
    """Registers somebody; answers the address of their case."""
    await page.goto("/desk/people/new")
    for name, words in {
        "original_given": "Δείγμα",
        "original_family": new_name(),
        "latin_given": "Deigma",
        "latin_family": "Neo",
        "birth_date": "31/12/1990",
    }.items():
        await page.fill(f"[name={name}]", words)
    await page.select_option("[name=language_1]", "eng")
    await page.select_option("[name=district]", "ATHENS_6")
    await page.locator("form[data-kem-keeps] button:not([name])").first.click()
    await page.wait_for_url("**?said=registered")
    return page.url.partition("?")[0].partition("/desk")[1] + page.url.partition("?")[0].partition("/desk")[2]


async def needs(page: Page, person: str) -> str:
    """Records a need; answers the referral's id, once providers have come to the page that is open."""
    await page.goto(f"{person}/needs")
    await page.fill("[name=type_1]", NEED)
    await page.locator("form[data-kem-keeps] button:not([name])").first.click()
    await page.wait_for_url("**?said=need-recorded")
    found = re.search(r"/referrals/([0-9a-f-]{36})", page.url)
    assert found
    await page.locator('[name^="order_"]').first.wait_for(timeout=PATIENCE)
    return found[1]


async def consents(page: Page, person: str, referral: str) -> tuple[str, str]:
    """Reads the notice and permits the two best; answers their agencies' ids."""
    await page.goto(f"{person}/consents/new?for={referral}")
    agencies = [await page.input_value(f"[name=agency_{row}]") for row in (1, 2)]
    assert all(agencies), "two agencies fit this need"
    for row in (1, 2):
        for box in await page.locator(f"[name=categories_{row}]").all():
            await box.check()
    await page.select_option("[name=spoken_language]", "eng")
    for name, value in (("understanding_checked", "yes"), ("method", "WRITTEN"), ("period", "6")):
        await page.locator(f'[name={name}][value="{value}"]').check()
    await page.locator('form[action$="/consents/new"] .kem-actions button:not([name])').click()
    await page.wait_for_url("**?said=consent-recorded")
    return agencies[0], agencies[1]


async def chooses(page: Page, person: str, referral: str) -> None:
    """Asks the best first, the next after it."""
    await page.goto(f"{person}/referrals/{referral}")
    orders = page.locator('select[name^="order_"]')
    for number in range(await orders.count()):
        await orders.nth(number).select_option(str(number + 1) if number < 2 else "")
    await page.locator('form[action$="/offer"] .kem-actions button').first.click()
    await page.wait_for_url("**?said=asked")


async def names_a_deputy(eyes: Eyes, language: str, person: str) -> None:
    """A supervisor does, by keyboard alone."""
    await eyes.hub.member(Role.CASEWORKER, agency="KEM", name="Deputy Example")
    async with eyes.tab(language, 1280, Role.SUPERVISOR, agency="KEM") as tab:
        page = tab.page
        await page.goto(f"{person}/workers")
        for _ in range(50):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement.name") == "deputy":
                break
        await page.keyboard.type("Deputy")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**?said=workers-set")
        assert tab.complaints == []


async def code_of(eyes: Eyes, agency_id: str) -> str:
    operator = eyes.hub.hub.person(await eyes.hub.agency_id("KEM"), None, Role.OPERATOR)
    listed: Any = await eyes.hub.hub.directory.ListAgencies(
        ListAgenciesRequest(page_size=200), metadata=operator.credentials()
    )
    return next(str(one.code) for one in listed.agencies if one.agency_id == agency_id)


async def opens(page: Page, referral: str) -> None:
    """Finds the offer in the inbox, which shows it by itself."""
    await page.goto("/partner")
    link = page.locator(f'a[href$="/partner/referrals/{referral}"]')
    await link.first.wait_for(timeout=PATIENCE)
    await link.first.click()


async def declines(page: Page, referral: str) -> None:
    await opens(page, referral)
    await page.locator('[name=decline_reason][value="NO_CAPACITY"]').check()
    await step(page, "decline")
    await page.wait_for_load_state()


async def takes_up_and_ends(page: Page, referral: str) -> None:
    await opens(page, referral)
    assert "Δείγμα" not in await page.locator("main").inner_text(), "nobody is told who it is before"
    await step(page, "accept")
    await page.wait_for_load_state()
    await step(page, "show")
    await page.get_by_text("Δείγμα").first.wait_for(timeout=PATIENCE)
    await step(page, "start")
    await page.wait_for_load_state()
    await page.locator('[name=outcome][value="NEED_MET"]').check()
    await page.locator('[name=confirmed_by][value="BOTH"]').check()
    await step(page, "complete")
    await page.wait_for_load_state()


async def is_audited(page: Page, referral: str, agency_id: str) -> None:
    """The history is proved in the page; why the agency could see a name is told with its entries."""
    await page.goto("/audit")
    await page.locator('a[href="/audit/referrals"]').first.click()
    await page.fill("[name=id]", referral)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/audit/referrals/{referral}")
    await until_proved(page)
    await page.goto("/audit/questions")
    await page.locator('a[href="/audit/questions/why"]').click()
    await page.select_option("[name=agency]", agency_id)
    await page.select_option("[name=category]", "NAME")
    await page.fill("[name=referral]", referral)
    await page.locator('form[action="/audit/questions/why"] button').click()
    await page.locator("tbody tr").first.wait_for(timeout=PATIENCE)
    ways = page.locator('tbody a[href^="/audit/entries/"]')
    assert await ways.count() >= 4, "the disclosure, the consent, the notice, the agreement"
    await ways.first.click()
    await page.get_by_text("DisclosureGiven").first.wait_for(state="attached")


async def until_proved(page: Page) -> None:
    """Looks again until a checkpoint covers what the agency was given; each look adds a line to the end."""
    for _ in range(100):
        if await page.locator("[data-kem-proofs]").count():
            await page.locator("[data-kem-proved]:visible").wait_for(timeout=PATIENCE)
            found = await page.eval_on_selector_all(
                "[data-kem-found]", "parts => parts.map(part => part.dataset.kemFound)"
            )
            assert not {"CHANGED", "FORGED", "UNKNOWN_KEY", "MALFORMED"} & set(found)
            given = page.locator("[data-kem-index]", has=page.get_by_text("DisclosureGiven"))
            first = await given.first.locator("[data-kem-found]").get_attribute("data-kem-found")
            if first in ("VERIFIED", "HASHES_ONLY"):
                return
        await page.reload()
    raise AssertionError("what the agency was given came under no checkpoint")
