"""A complaint from the public page to a safeguarding officer's answer, and one from a desk; el and en."""

from uuid import uuid4

import pytest
from playwright.async_api import Page

from kernel.vocabulary import Role
from tests.browser.seeing import Eyes

LANGUAGES = {"el": ("Ευσταθεί", "198.51.100.21"), "en": ("It is right", "198.51.100.22")}
"""What is found; and from where the complaint comes: so many of one sender are taken within an hour."""


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_complaint_comes_to_an_officer_who_answers_it(eyes: Eyes, language: str) -> None:
    found, sender = LANGUAGES[language]
    words = f"Κανείς δεν ήρθε. {uuid4()}"
    async with eyes.tab(language, 320, extra_http_headers={"X-Forwarded-For": sender}) as tab:
        number = await complains(tab.page, "/complaint", words)
        assert tab.complaints == []
    async with eyes.tab(language, 1280, Role.SAFEGUARDING_OFFICER) as tab:
        page = tab.page
        await page.goto("/home")
        await page.locator('main a[href="/complaints"]').click()
        await page.wait_for_url("**/complaints")
        await opens(page, number)
        assert words in await page.locator("main blockquote").inner_text()
        await page.locator("main form [name=finding][value=UPHELD]").check()
        await page.fill("main form [name=words]", "We were late. We have said sorry.")
        await page.locator("main form:has([name=finding]) button").click()
        await page.wait_for_url("**?said=complaint-answered")
        told = await page.locator("main").inner_text()
        assert found in told
        assert "We have said sorry." in told
        assert await page.locator("[name=finding]").count() == 0
        assert tab.complaints == []
        assert tab.elsewhere == []


async def test_what_a_desk_is_told_without_scripts_comes_to_an_officer_too(eyes: Eyes) -> None:
    words = f"They asked me for money. {uuid4()}"
    async with eyes.tab("en", 320, Role.INTAKE_WORKER, agency="KEM", java_script_enabled=False) as tab:
        page = tab.page
        await page.goto("/desk/people")
        await page.locator('main a[href="/complaints/new"]').click()
        await page.wait_for_url("**/complaints/new")
        number = await complains(page, "/complaints/new", words)
    async with eyes.tab("en", 320, Role.DPO, java_script_enabled=False) as tab:
        page = tab.page
        await page.goto("/audit")
        await page.locator('main a[href="/complaints"]').click()
        await page.wait_for_url("**/complaints")
        await opens(page, number)
        assert words in await page.locator("main blockquote").inner_text()


async def complains(page: Page, form: str, words: str) -> str:
    """By the form at this address; the number of the complaint."""
    await page.goto(form)
    await page.locator("[name=kind][value=HELP]").check()
    await page.fill("[name=words]", words)
    await page.locator(f'main form[action="{form}"] button').click()
    return (await page.locator("p.kem-reference").inner_text()).strip()


async def opens(page: Page, number: str) -> None:
    """Finds it by its number, however long the list is."""
    while not await (row := page.locator("main .kem-card", has_text=number)).count():
        onward = page.locator('nav a[href*="after="]')
        assert await onward.count(), f"{number} is on no page of the list"
        await page.goto(str(await onward.last.get_attribute("href")))
    await row.locator("a").first.click()
    await page.wait_for_url("**/complaints/*-*")
