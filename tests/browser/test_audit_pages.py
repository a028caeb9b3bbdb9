"""Auditors' pages in a real browser: it proves each line itself, and finds what a server has changed."""

import re
from typing import Any

import pytest
from playwright.async_api import Route

from kernel.vocabulary import Role
from tests.browser.page_lists import AUDIT, of_a_history
from tests.browser.seeing import Eyes, Seen, faces, look_at
from tests.support.partner_agency import make_agency

_PATIENCE_MS = 30_000
_FIRST = 4


@pytest.fixture(scope="module")
async def cited(eyes: Eyes) -> tuple[str, ...]:
    """Auditors' pages of a referral that an agency has taken up, and of whom it is about."""
    agency = await make_agency(eyes.hub)
    [referral_id] = await agency.held()
    return of_a_history(referral_id, agency.people[-1])


@pytest.fixture(scope="module")
def history(cited: tuple[str, ...]) -> str:
    """The address of the history of a referral that an agency has taken up."""
    return cited[-2]


async def findings_of(seen: Seen, path: str) -> list[str]:
    """What the browser has found of each line, once a checkpoint covers the first; each look adds one."""
    while True:
        await seen.page.goto(path)
        if not await seen.page.locator("[data-kem-proofs]").count():
            continue  # nothing is sealed yet
        last = seen.page.locator("[data-kem-index] [data-kem-result]").last
        await last.and_(seen.page.locator("[data-kem-found]")).wait_for(timeout=_PATIENCE_MS)
        found: list[str] = await seen.page.eval_on_selector_all(
            "[data-kem-found]", "parts => parts.map(part => part.dataset.kemFound)"
        )
        if "NOT_COVERED" not in found[:_FIRST]:
            return found


async def test_the_browser_proves_each_line_by_itself(eyes: Eyes, history: str) -> None:
    async with eyes.tab("en", 1280, Role.AUDITOR) as seen:
        found = await findings_of(seen, history)
        assert set(found[:_FIRST]) <= {"VERIFIED", "HASHES_ONLY"}
        assert not {"CHANGED", "FORGED", "UNKNOWN_KEY", "MALFORMED"} & set(found)
        assert await seen.page.get_by_text("computed by your browser").count() == len(found)
        await seen.page.locator("[data-kem-proved]:visible").wait_for()
        await seen.page.locator("[data-kem-own-key]").fill("kem.example/other+00000000+AAAA")
        await seen.page.locator("[data-kem-own-key]").blur()
        await seen.page.get_by_text("NOT everything here is what was signed").wait_for()


async def test_what_the_server_changed_is_found_and_named(eyes: Eyes, history: str) -> None:
    async with eyes.tab("en", 1280, Role.AUDITOR) as seen:
        whole = await findings_of(seen, history)

        async def change(route: Route) -> None:
            answer = await route.fetch()
            text = re.sub(r"NORMAL(?=&#34;)", "URGENT", await answer.text(), count=1)
            await route.fulfill(response=answer, body=text)

        await seen.page.route(f"**{history}", change)
        found = await findings_of(seen, history)
        assert (found.count("CHANGED"), len(found) >= len(whole)) == (1, True)
        await seen.page.get_by_text("NOT everything here is what was signed").wait_for()


async def test_without_scripts_the_servers_own_check_is_shown_as_such(eyes: Eyes, history: str) -> None:
    async with eyes.tab("en", 1280, Role.AUDITOR, java_script_enabled=False) as seen:
        await seen.page.goto(history)
        assert await seen.page.get_by_text("checked by the server").count() > 3
        assert not await seen.page.locator("[data-kem-own-key]").is_visible()


async def test_a_question_is_asked_by_the_keyboard_and_without_scripts(eyes: Eyes, history: str) -> None:
    referral_id = history.rpartition("/")[2]
    async with eyes.tab("en", 320, Role.AUDITOR, java_script_enabled=False) as seen:
        await seen.page.goto("/audit/questions/directory")
        await seen.page.locator("[name=referral]").focus()
        await seen.page.keyboard.type("no id")
        await seen.page.keyboard.press("Enter")
        await seen.page.locator("#referral-error").wait_for()
        await seen.page.locator("[name=referral]").fill(referral_id)
        await seen.page.keyboard.press("Tab")
        assert await seen.page.evaluate("document.activeElement.innerText.trim()") == "Ask"
        await seen.page.keyboard.press("Enter")
        await seen.page.locator("tbody tr").first.wait_for()
        assert await seen.page.get_by_text("Greek for beginners").count() > 0
        await seen.page.locator('tbody a[href^="/audit/entries/"]').first.click()
        await seen.page.get_by_role("heading", name="Entry").wait_for()


@pytest.mark.parametrize("kind", ["dark", "forced", "print"])
async def test_answers_are_read_in_the_dark_in_forced_colours_and_on_paper(
    eyes: Eyes, history: str, kind: str
) -> None:
    """What axe finds there, but for colours that are the system's or the paper's; forms are not printed."""
    chosen: Any = {"dark": {"color_scheme": "dark"}, "forced": {"forced_colors": "active"}, "print": {}}[kind]
    async with eyes.tab("en", 1280, Role.DPO, **chosen) as seen:
        for path in ("/audit/questions", "/audit/questions/states?ask=1", history):
            await seen.page.goto(path)
            if kind == "print":
                await seen.page.emulate_media(media="print")
                assert not await seen.page.locator("form.kem-no-print").first.is_visible()
            without = () if kind == "dark" else ("color-contrast",)
            assert await seen.findings(without=without) == []


@pytest.mark.parametrize(("language", "width"), faces(["el", "en"]))
async def test_axe_finds_nothing_on_any_page(
    eyes: Eyes, cited: tuple[str, ...], language: str, width: int
) -> None:
    async with eyes.tab(language, width, Role.DPO) as seen:
        found: Any = await look_at(seen, [*AUDIT, *cited])
    assert not found, "\n".join(found)
