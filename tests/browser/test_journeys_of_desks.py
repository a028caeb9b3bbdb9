"""Others: an intake worker, those who protect, a committee's coordinator, who has no desk; el and en."""

import os
import re
from collections.abc import Iterable

import pytest
from playwright.async_api import Page

from kernel.vocabulary import Role
from tests.browser.seeing import Eyes
from tests.browser.test_journey import arrives

LANGUAGES = ("el", "en")
PROTECTORS = {Role.GBV_FOCAL_POINT: "GBV_SHELTER", Role.CHILD_PROTECTION_OFFICER: "CHILD_PROTECTION"}
"""Each with a need of which other staff are not to learn by looking for somebody."""


def spoken_by(roles: Iterable[Role]) -> list[tuple[str, Role]]:
    """Each role in one of the languages, in a deep run in both."""
    if os.environ.get("KEM_TEST_DEPTH") == "deep":
        return [(language, role) for language in LANGUAGES for role in roles]
    return list(zip(LANGUAGES, roles, strict=True))


@pytest.mark.parametrize(("language", "role"), spoken_by(PROTECTORS))
async def test_whom_somebody_protects_is_found_by_those_who_protect_alone(
    eyes: Eyes, language: str, role: Role
) -> None:
    async with (
        eyes.tab(language, 1280, Role.INTAKE_WORKER, agency="KEM") as desk,
        eyes.tab(language, 320, role, agency="KEM") as tab,
    ):
        person = await arrives(desk.page)
        code = re.search(r"KEM-\d{4}-\d{6}-\w", await desk.page.locator("main").inner_text())
        assert code
        assert await finds(desk.page, code[0], person)
        await tab.page.goto(f"{person}/needs")
        await tab.page.fill("[name=type_1]", PROTECTORS[role])
        await tab.page.locator("form[data-kem-keeps] button:not([name])").first.click()
        await tab.page.wait_for_url("**?said=need-recorded")
        assert await finds(tab.page, code[0], person)
        assert not await finds(desk.page, code[0], person)
        assert [*desk.complaints, *tab.complaints] == []


async def finds(page: Page, case_code: str, person: str) -> bool:
    """Whether somebody comes to this person by their case code."""
    await page.goto("/desk/people")
    await page.select_option("[name=reason]", index=1)
    await page.locator("main details summary").click()
    await page.fill("[name=case_code]", case_code)
    await page.locator('form[action="/desk/people"] button').click()
    await page.locator("#found").wait_for()
    return await page.locator(f'main a[href="{person}"]').count() > 0


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_committees_coordinator_takes_sums_along(eyes: Eyes, language: str) -> None:
    async with eyes.tab(language, 1280, Role.COMMITTEE_COORDINATOR, agency="UNHCR") as tab:
        page = tab.page
        await page.goto("/home")
        await page.locator('main a[href="/coordination"]').click()
        assert await page.locator('a[href="/coordination/overdue/cases"]').count() == 0, "cases are no sums"
        await page.locator('main a[href="/coordination/demand"]').click()
        await page.locator("main svg").first.wait_for()
        async with page.expect_download() as coming:
            await page.locator('a[href^="/coordination/demand.csv"]').click()
        file = await (await coming.value).path()
        assert file.read_text(encoding="utf-8-sig").count("\n") > 1
        assert tab.complaints == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_who_has_no_desk_is_told_so_and_not_led_astray(eyes: Eyes, language: str) -> None:
    async with eyes.tab(language, 320, Role.INTERPRETER, agency="KEM") as tab:
        await tab.page.goto("/home")
        assert await tab.page.locator("main .kem-cards").count() == 0
        nothing = {"el": "δεν ανοίγει τίποτα για τους ρόλους σας", "en": "Nothing is open to your roles"}
        assert nothing[language] in await tab.page.locator("main").inner_text()
        await tab.page.goto("/desk")
        assert await tab.page.locator("main form").count() == 0
        assert tab.complaints == []
