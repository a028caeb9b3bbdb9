"""Staff's pages in a real browser: what axe finds at both widths, in both languages, and by keyboard."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from kernel.vocabulary import Role
from tests.browser.page_lists import ADMINISTRATION, COORDINATION, PARTNER, SIGNING_IN, of_a_case
from tests.browser.seeing import Eyes, faces, look_at, send_empty
from tests.component.console.test_desk import registered, with_a_need
from tests.support.console import ConsoleHub

LANGUAGES = ("el", "en")


@dataclass(frozen=True)
class Case:
    """Addresses of one person with a need."""

    person: str
    referral: str
    need_id: str

    @property
    def paths(self) -> tuple[str, ...]:
        return of_a_case(self.person, self.referral, self.need_id)


@pytest.fixture(scope="module")
async def case(console: ConsoleHub) -> AsyncIterator[Case]:
    async with console.browser(Role.CASEWORKER, agency="KEM") as browser:
        page = await with_a_need(browser)
        referral = page.path.partition("?")[0]
        person = referral.partition("/referrals")[0]
        [need_id] = {one.split("/")[-2] for one in page.links if re.search(r"/needs/[^/]+/withdraw$", one)}
        yield Case(person, referral, need_id)


@pytest.mark.parametrize(("language", "width"), faces(LANGUAGES))
async def test_the_desks_pages_are_as_they_should_be(
    eyes: Eyes, case: Case, language: str, width: int
) -> None:
    async with eyes.tab(language, width, Role.CASEWORKER, agency="KEM") as seen:
        assert await look_at(seen, case.paths) == []


@pytest.mark.parametrize(
    "context", [{"color_scheme": "dark"}, {"forced_colors": "active"}], ids=["dark", "forced"]
)
async def test_a_case_is_as_it_should_be_in_other_colours(
    eyes: Eyes, case: Case, context: dict[str, str]
) -> None:
    without = ["color-contrast"] if "forced_colors" in context else []
    paths = ("/desk", "/desk/cases", case.person, f"{case.person}/contacts", case.referral)
    async with eyes.tab("en", 1280, Role.CASEWORKER, agency="KEM", **context) as seen:
        assert await look_at(seen, paths, without=without) == []
        line = "one => getComputedStyle(one).borderBottomColor"
        of_this = await seen.page.locator(".kem-nav__link[aria-current]").evaluate(line)
        others = await seen.page.locator(".kem-nav__link:not([aria-current])").evaluate_all(
            f"all => all.map({line})"
        )
        assert others
        assert of_this not in others, "which page is open is seen by its line"


async def test_a_very_long_name_fits_and_no_address_of_ours_is_printed(
    eyes: Eyes, console: ConsoleHub
) -> None:
    async with console.browser(Role.CASEWORKER, agency="KEM") as browser:
        page = await registered(browser, latin_family="Almuhammadsaidabdulrahmanibnkhaldun" * 3)
        person = page.path.partition("?")[0]
    async with eyes.tab("el", 320, Role.CASEWORKER, agency="KEM") as seen:
        assert await look_at(seen, (person, "/desk", "/desk/cases")) == []
        await seen.page.goto(person)
        await seen.page.emulate_media(media="print")
        printed = await seen.page.evaluate(
            "[...document.querySelectorAll('a')].map(one => getComputedStyle(one, '::after').content)"
        )
        assert printed
        assert not [one for one in printed if "/desk" in one]


@pytest.mark.parametrize(("language", "width"), faces(LANGUAGES))
async def test_pages_of_others_are_as_they_should_be(eyes: Eyes, language: str, width: int) -> None:
    found = []
    async with eyes.tab(language, width) as seen:
        found += await look_at(seen, SIGNING_IN)
    for roles, agency, paths in (
        ([Role.ACCMR_OFFICER], "", COORDINATION),
        ([Role.OPERATOR], "", ADMINISTRATION),
        ([Role.AGENCY_ADMIN], "UNHCR", PARTNER),
    ):
        async with eyes.tab(language, width, *roles, agency=agency) as seen:
            found += await look_at(seen, paths)
    assert found == []


async def test_a_form_that_comes_back_is_as_it_should_be(eyes: Eyes) -> None:
    async with eyes.tab("el", 320, Role.CASEWORKER, agency="KEM") as seen:
        await seen.page.goto("/desk/people/new")
        await seen.page.get_by_role("button", name="Εγγραφή", exact=True).click()
        assert (await seen.page.title()).startswith("Σφάλμα:")
        summary = seen.page.locator(".govuk-error-summary")
        assert await summary.evaluate("one => one === document.activeElement")
        assert await seen.findings() == []


@pytest.mark.parametrize(("language", "width"), faces(LANGUAGES))
async def test_forms_that_come_back_empty_are_as_they_should_be(
    eyes: Eyes, console: ConsoleHub, language: str, width: int
) -> None:
    async with console.browser(Role.CASEWORKER, agency="KEM") as browser:
        page = await with_a_need(browser)
        [need_id] = {one.split("/")[-2] for one in page.links if re.search(r"/needs/[^/]+/withdraw$", one)}
    referral = page.path.partition("?")[0]
    person = referral.partition("/referrals")[0]
    async with eyes.tab(language, width, Role.CASEWORKER, agency="KEM") as seen:
        found, returned = await send_empty(seen, of_a_case(person, referral, need_id))
        assert returned >= 8
    async with eyes.tab(language, width, Role.OPERATOR) as seen:
        more, returned = await send_empty(seen, (*ADMINISTRATION, "/password"))
        assert returned >= 3
    assert found + more == []


async def test_a_person_is_registered_by_keyboard_alone(eyes: Eyes) -> None:
    async with eyes.tab("en", 1280, Role.CASEWORKER, agency="KEM") as seen:
        page = seen.page
        await page.goto("/desk/people/new")

        async def to(name: str) -> None:
            for _ in range(200):
                await page.keyboard.press("Tab")
                if (
                    await page.evaluate(
                        "document.activeElement.name || document.activeElement.textContent.trim()"
                    )
                    == name
                ):
                    return
            raise AssertionError(f"Tab never comes to {name}")

        for name, words in (
            ("original_given", "Δείγμα"),
            ("original_family", "Πληκτρολογίου"),
            ("latin_given", "Deigma"),
            ("latin_family", "Pliktrologiou"),
        ):
            await to(name)
            await page.keyboard.type(words)
        await to("language_1")
        await page.keyboard.type("French")
        await to("Register")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/desk/people/*-*?said=registered")


async def test_what_is_typed_outlives_a_closed_browser(eyes: Eyes) -> None:
    async with eyes.tab("en", 1280, Role.SUPERVISOR, agency="KEM") as seen:
        await seen.page.goto("/desk/people/new")
        await seen.page.fill("[name=original_given]", "Μισό")
        await seen.page.get_by_text("Kept as a draft at").wait_for()
    async with eyes.tab("en", 1280, Role.SUPERVISOR, agency="KEM") as again:
        await again.page.goto("/desk/drafts")
        await again.page.get_by_role("link", name="A person to register").first.click()
        assert await again.page.input_value("[name=original_given]") == "Μισό"


async def test_staff_work_without_scripts(eyes: Eyes, case: Case) -> None:
    async with eyes.tab("en", 320, Role.CASEWORKER, agency="KEM", java_script_enabled=False) as seen:
        page = seen.page
        await page.goto(f"{case.person}/needs")
        await page.fill("[name=type_1]", "CLOTHING_HYGIENE")
        await page.get_by_role("button", name="Record", exact=True).click()
        assert "said=need-recorded" in page.url
