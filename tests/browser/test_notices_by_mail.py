"""Notices by e-mail in a real browser: an address that waits for its code, a wrong one, the right one."""

import re
from uuid import uuid4

import pytest

from kernel.vocabulary import Role
from tests.browser.seeing import WIDTHS, Eyes
from tests.integration.chassis.waiting import until
from tests.support.mailbox import Mailbox, words

FACES = [(language, width) for language in ("el", "en") for width in WIDTHS]
STATES = {
    "el": ("Περιμένει τον κωδικό", "Στέλνονται εκεί"),
    "en": ("Waits for the code", "Mails go there"),
}


@pytest.mark.parametrize(("language", "width"), FACES)
async def test_axe_finds_nothing_from_the_address_to_the_code_and_its_end(
    eyes: Eyes, box: Mailbox, language: str, width: int
) -> None:
    address = f"a-rather-long-name-of-somebody-{uuid4().hex}@agency.example"
    waits, goes = STATES[language]
    async with eyes.tab(language, width, Role.CASEWORKER, Role.AGENCY_ADMIN, agency="KEM") as seen:
        page, found = seen.page, []
        await page.goto("/notices")
        found += await seen.findings()
        setting, code = page.locator('form:has([name="address_DESK"])'), page.locator('[name="code_DESK"]')
        await setting.locator('[name="address_DESK"]').fill("nobody")
        await setting.locator("button").click()
        await page.locator(".govuk-error-summary").wait_for()
        found += await seen.findings()
        await setting.locator('[name="address_DESK"]').fill(address)
        other = {"el": "en", "en": "el"}[language]
        await setting.locator('[name="language_DESK"]').select_option(other)
        await setting.locator('[name="pace_DESK"]').select_option("DAILY")
        await setting.locator("button").click()
        await page.get_by_text(waits, exact=True).wait_for()
        found += await seen.findings()
        await code.fill("123")
        await page.locator('form[action="/notices/confirm"] button').click()
        await page.locator(".govuk-error-summary").wait_for()
        found += await seen.findings()
        await until(lambda: box.to(address))
        right = re.search(r"\d{8}", words(box.to(address)[0]))
        assert right
        await code.fill(right[0])
        await page.locator('form[action="/notices/confirm"] button').click()
        await page.get_by_text(goes, exact=True).wait_for()
        assert await setting.locator('[name="language_DESK"]').input_value() == other
        found += await seen.findings()
        await page.locator('form[action="/notices/remove"] button').first.click()
        await page.get_by_text(goes, exact=True).wait_for(state="detached")
        found += await seen.findings()
        assert found == []


@pytest.mark.parametrize(("language", "width"), FACES)
async def test_nor_does_it_where_officers_say_whether_mails_tell_them(
    eyes: Eyes, language: str, width: int
) -> None:
    async with eyes.tab(language, width, Role.DPO, Role.SAFEGUARDING_OFFICER) as seen:
        await seen.page.goto("/notices")
        assert await seen.page.locator('[name="language_DPO"]').input_value() == language
        assert await seen.page.locator('[name="address_SAFEGUARDING"]').count() == 1
        assert await seen.findings() == []
