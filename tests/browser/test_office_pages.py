"""What officers and operators decide on, in a real browser: in every colour, on paper, where it is narrow."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from kernel.vocabulary import Role
from tests.browser.office import LONG_WORD, Office, make_office, set_letter_aside, settle_letters
from tests.browser.page_lists import of_a_register, of_an_office, of_complaints
from tests.browser.seeing import Eyes, faces, look_at, send_empty
from tests.support.console import ConsoleHub
from tools.notices.publishing import sample_notice


@pytest.fixture(scope="module")
async def office(console: ConsoleHub) -> AsyncIterator[Office]:
    yield await make_office(console)
    await settle_letters(console)


@pytest.mark.parametrize(("language", "width"), faces(["el", "en"]))
async def test_axe_finds_nothing_where_something_is_to_be_decided(
    eyes: Eyes, office: Office, language: str, width: int
) -> None:
    found = []
    for role, paths in (
        (Role.DPO, decided_on(office)),
        (Role.OPERATOR, kept(office)),
        (Role.SAFEGUARDING_OFFICER, ("/home", *heard(office))),
    ):
        async with eyes.tab(language, width, role) as seen:
            found += await look_at(seen, paths)
    assert found == []


async def test_a_complaint_s_form_that_comes_back_is_as_it_should_be(eyes: Eyes, office: Office) -> None:
    async with eyes.tab("el", 320, Role.SAFEGUARDING_OFFICER) as seen:
        for path in ("/complaints/new", f"/complaints/{office.complaint_ids[1]}"):
            await seen.page.goto(path)
            await seen.page.locator(f'main form[action="{path}"] button').click()
            await seen.page.locator(".govuk-error-summary").wait_for()
            assert (await seen.page.title()).startswith("Σφάλμα:")
            assert await seen.findings() == []


@pytest.mark.parametrize("kind", ["dark", "forced"])
async def test_they_are_as_they_should_be_in_other_colours(eyes: Eyes, office: Office, kind: str) -> None:
    chosen: Any = {"dark": {"color_scheme": "dark"}, "forced": {"forced_colors": "active"}}[kind]
    # it goes by the page's own colours, which the browser has put away
    without = ("color-contrast",) if kind == "forced" else ()
    found = []
    officers = (
        *("/audit", "/audit/accesses", "/audit/rights?view=all", decided_on(office)[-1]),
        *heard(office),
    )
    letters, agency, *_, account = kept(office)
    for role, paths in (
        (Role.DPO, officers),
        (Role.OPERATOR, (letters, agency, account, "/admin/codes", "/password")),
    ):
        async with eyes.tab("en", 1280, role, **chosen) as seen:
            found += await look_at(seen, paths, without=without)
            await seen.page.goto(paths[0])
            ground = await seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert ground == {"dark": "rgb(15, 29, 39)", "forced": "rgb(255, 255, 255)"}[kind]
    assert found == []


async def test_on_paper_is_what_was_said_and_nothing_to_press(eyes: Eyes, office: Office) -> None:
    """As wide as A4 between its margins; of a wide table, and of what is closed, all is there."""
    found = []
    for role, paths in (
        (Role.DPO, (*decided_on(office), *heard(office))),
        (Role.OPERATOR, (*kept(office), "/admin/agreements", "/admin/codes")),
    ):
        async with eyes.tab("el", 673, role) as seen:
            await seen.page.emulate_media(media="print")
            for path in paths:
                await seen.page.goto(path)
                found += [f"{path}: {one}" for one in await seen.page.evaluate(_NOT_FOR_PAPER)]
                if path.startswith("/audit/erasures/"):
                    rows = seen.page.locator(".kem-table--stacks").last
                    assert await rows.evaluate("one => one.scrollWidth <= one.clientWidth")
            if role is Role.OPERATOR:
                closed = seen.page.locator("details.kem-panel ul").first
                assert await closed.evaluate("one => one.getBoundingClientRect().height > 20")
    assert found == []


async def test_where_it_is_narrow_cells_of_a_row_stand_below_each_other(eyes: Eyes, office: Office) -> None:
    for width, is_stacked in ((320, True), (1280, False)):
        async with eyes.tab("en", width, Role.OPERATOR) as seen:
            for path in ("/admin/agreements", "/admin/health/referral"):
                await seen.page.goto(path)
                box = seen.page.locator(".kem-table--stacks").first
                assert await box.evaluate("one => one.scrollWidth <= one.clientWidth"), path
                tops = await box.locator("tbody tr").first.locator("> *").evaluate_all(_TOPS)
                assert (tops[0] < tops[-1]) == is_stacked, path


@pytest.mark.parametrize(("language", "width"), faces(["el", "en"]))
async def test_officers_forms_that_come_back_empty_are_as_they_should_be(
    eyes: Eyes, office: Office, language: str, width: int
) -> None:
    found: list[str] = []
    returned = 0
    for role, paths in ((Role.DPO, decided_on(office)), (Role.OPERATOR, kept(office))):
        async with eyes.tab(language, width, role) as seen:
            more, back = await send_empty(seen, paths)
            found, returned = found + more, returned + back
    assert returned >= 4
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("language", "width"), faces(["el", "en"]))
async def test_so_is_what_a_form_makes(eyes: Eyes, office: Office, language: str, width: int) -> None:
    """A password that is shown once, an event that is settled, a complaint that is kept."""
    found = []
    await set_letter_aside(eyes.hub)
    async with eyes.tab(language, width, Role.OPERATOR) as seen:
        page = seen.page
        await page.goto(f"/admin/accounts/{office.account_ids[0]}")
        await page.locator('form:has(input[value="reset"]) button').click()
        await page.locator(".kem-reference").first.wait_for()
        found += await seen.findings()
        await page.goto("/admin/health/referral")
        await page.locator("[name=letters]").first.check()
        await page.fill("[name=reason]", "It was set aside by a test.")
        await page.locator("button[name=discard]").click()
        await page.wait_for_load_state()
        assert await page.locator(".govuk-error-summary").count() == 0
        found += await seen.findings()
    async with eyes.tab(language, width, Role.SAFEGUARDING_OFFICER) as seen:
        page = seen.page
        await page.goto("/complaints/new")
        await page.locator("[name=kind]").first.check()
        await page.fill("[name=words]", LONG_WORD)
        await page.locator('main form[action="/complaints/new"] button').click()
        await page.locator(".kem-reference").wait_for()
        found += await seen.findings()
    assert found == []


def decided_on(office: Office) -> tuple[str, ...]:
    return of_an_office(office.access_request, office.erasure_request, office.certificate_id)


def heard(office: Office) -> tuple[str, ...]:
    return of_complaints(*office.complaint_ids)


def kept(office: Office) -> tuple[str, ...]:
    return of_a_register(str(office.agency.agency_id), sample_notice("el").version, *office.account_ids)


_TOPS = "all => all.map(one => one.getBoundingClientRect().top)"
_NOT_FOR_PAPER = """[...document.querySelectorAll('main *, nav a')]
    .filter(one => one.checkVisibility() && (
        one.getBoundingClientRect().right > window.innerWidth + 1
        || one.matches('nav a, .govuk-button, .kem-actions, .kem-card form, .kem-card summary')))
    .map(one => one.outerHTML.slice(0, 120))"""
