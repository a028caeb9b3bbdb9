"""A consent taken by keys alone, kept when the browser closes, and taken back; el and en."""

import re

import pytest
from playwright.async_api import Page, expect

from kernel.vocabulary import Role
from tests.browser.seeing import Eyes
from tests.browser.test_journey import arrives, needs

LANGUAGES = ("el", "en")
MOST_TABS = 500


async def reach(page: Page, selector: str) -> None:
    """Goes on from field to field until this one has the focus, as somebody without a mouse does."""
    for _ in range(MOST_TABS):
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"no key leads to {selector}")


async def asked(page: Page) -> str:
    """The form of a consent for a need is open; the address of the person."""
    person = await arrives(page)
    referral = await needs(page, person)
    await page.goto(f"{person}/consents/new?for={referral}")
    return person


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_consent_is_given_by_keys_alone(eyes: Eyes, language: str) -> None:
    async with eyes.tab(language, 1280, Role.CASEWORKER, agency="KEM") as desk:
        page = desk.page
        person = await asked(page)
        for row in (1, 2):
            await reach(page, f"#categories_{row}")
            await page.keyboard.press("Space")
        await reach(page, "#spoken_language")
        await page.keyboard.press("ArrowDown")
        await reach(page, "#understanding_checked")
        await page.keyboard.press("Space")
        await reach(page, "[name=method]")
        await page.keyboard.press("Space")
        await reach(page, "#place")
        await page.keyboard.type("Δείγμα 1")
        # too early: what is missing is said, and nothing is lost
        await page.keyboard.press("Enter")
        await expect(page.locator(".govuk-error-summary")).to_contain_text(
            {"el": "για πόσο", "en": "Choose for how long."}[language], ignore_case=True
        )
        assert await page.input_value("#place") == "Δείγμα 1"
        assert await page.is_checked("#categories_2")
        await reach(page, "[name=period]")
        await page.keyboard.press("Space")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**?said=consent-recorded")
        await page.goto(f"{person}/consents")
        assert await page.locator("main .kem-card li").count() == 2
        assert desk.complaints == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_closed_browser_loses_nothing_of_a_consent(eyes: Eyes, language: str) -> None:
    async with eyes.tab(language, 320, Role.CASEWORKER, agency="KEM") as desk:
        page = desk.page
        await asked(page)
        await page.check("#categories_2")
        agency = await page.input_value("[name=agency_2]")
        await page.fill("#place", "Πλατεία Δείγματος")
        await expect(page.locator("[data-kem-kept]")).to_contain_text(re.compile(r"\d"))
        draft = await page.input_value("[name=draft]")
        await page.close()
        desk.page = await page.context.new_page()
        await desk.page.goto("/desk/drafts")
        await desk.page.locator(f'main a[href*="{draft}"]').click()
        assert await desk.page.input_value("#place") == "Πλατεία Δείγματος"
        assert await desk.page.is_checked("#categories_2")
        assert await desk.page.input_value("[name=agency_2]") == agency
        assert await desk.findings() == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_consent_is_taken_back_for_one_and_then_whole(eyes: Eyes, language: str) -> None:
    async with eyes.tab(language, 320, Role.CASEWORKER, agency="KEM") as desk:
        page = desk.page
        person = await asked(page)
        for row in (1, 2):
            await page.check(f"#categories_{row}")
        await page.select_option("#spoken_language", "fra")
        for field, value in (("understanding_checked", "yes"), ("method", "WRITTEN"), ("period", "6")):
            await page.check(f'[name={field}][value="{value}"]')
        await page.locator('form[action$="/consents/new"] .kem-actions button:not([name])').click()
        await page.wait_for_url("**?said=consent-recorded")
        await page.goto(f"{person}/consents/withdraw")
        await page.check("#agency")
        await page.locator("main form .kem-actions button:not([name])").click()
        await expect(page.locator("main .kem-panel")).to_contain_text(
            {"el": "μένουν όπως ήταν", "en": "stays as it was"}[language]
        )
        assert await page.locator("main .kem-panel li").count() == 1
        assert await desk.findings() == []
        await page.goto(f"{person}/consents/withdraw")
        assert await page.locator("[name=agency]").count() == 1, "one is left"
        await page.locator("main button[name=whole]").click()
        await expect(page.locator("main .kem-panel")).to_contain_text(
            {"el": "σε κανέναν", "en": "to anybody any more"}[language]
        )
        await page.goto(f"{person}/consents/withdraw")
        assert await page.locator("[name=agency]").count() == 0
        assert await desk.findings() == []
