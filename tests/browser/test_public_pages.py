"""Every page for everybody, in every language and at both widths, in a real browser."""

from typing import Any

import pytest

from services.console.adapters.catalogue import PUBLIC_LANGUAGES
from tests.browser.page_lists import PUBLIC
from tests.browser.seeing import WIDTHS, Eyes, Seen, faces, look_at
from tests.support.console_receipts import issue_receipt


async def one_service(seen: Seen) -> str:
    """The address of a service's page."""
    await seen.page.goto("/services?district=ATHENS_6")
    return str(await seen.page.locator("a.kem-card__link").first.get_attribute("href"))


async def send(seen: Seen, **answers: str) -> None:
    """Fills in the page's form, the last one, and sends it."""
    form = seen.page.locator("main form")
    for name, value in answers.items():
        field = form.locator(f"[name={name}]")
        if await field.first.get_attribute("type") == "radio":
            await form.locator(f"[name={name}][value={value}]").check()
        else:
            await field.fill(value)
    await form.locator("button").last.click()
    await seen.page.wait_for_load_state("load")


@pytest.mark.parametrize(("language", "width"), faces(PUBLIC_LANGUAGES))
async def test_axe_finds_nothing_on_any_page(eyes: Eyes, language: str, width: int) -> None:
    issued = await issue_receipt(eyes.hub, language)
    sender = {"X-Forwarded-For": f"192.0.2.{1 + PUBLIC_LANGUAGES.index(language) * 2 + WIDTHS.index(width)}"}
    async with eyes.tab(language, width, extra_http_headers=sender) as seen:
        service = await one_service(seen)
        found = await look_at(seen, [*PUBLIC, service])
        assert await seen.page.locator("html").get_attribute("lang") == language
        for code, pin in (("", ""), ("AAAA", ""), (issued.code, issued.pin)):
            await seen.page.goto("/receipt")
            await send(seen, code=code, pin=pin)
            found += await seen.findings()
        await seen.page.goto("/complaint")
        await send(seen)
        found += await seen.findings()
        await send(seen, kind="HELP", words="Nobody came.")
        assert await seen.page.locator(".kem-reference").count() == 1
        found += await seen.findings()
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "context",
    [
        {"color_scheme": "dark"},
        {"contrast": "more"},
        {"forced_colors": "active"},
        {"java_script_enabled": True, "reduced_motion": "reduce"},
    ],
    ids=["dark", "more contrast", "forced colours", "less motion"],
)
async def test_axe_finds_nothing_however_the_browser_is_set(eyes: Eyes, context: dict[str, Any]) -> None:
    # it goes by the page's own colours, which the browser has put away
    without = ["color-contrast"] if "forced_colors" in context else []
    async with eyes.tab("el", 1280, **context) as seen:
        service = await one_service(seen)
        found = await look_at(seen, [*PUBLIC, service], without=without)
    assert not found, "\n".join(found)


async def test_what_axe_would_find_is_found(eyes: Eyes) -> None:
    async with eyes.tab() as seen:
        await seen.page.goto("/")
        await seen.page.evaluate(
            "document.querySelector('main').insertAdjacentHTML('beforeend',"
            ' \'<img src="/static/mark.svg"><p class="broken">pale</p>\');'
            "document.querySelector('.broken').style.color = '#ddd';"
            "document.querySelector('.broken').style.width = '2000px'"
        )
        found = " ".join(await seen.findings())
    assert "image-alt" in found
    assert "color-contrast" in found
    assert "px wide in 1280" in found


async def test_somebody_finds_a_service_by_keys_alone(eyes: Eyes) -> None:
    async with eyes.tab() as seen:
        page = seen.page
        await page.goto("/")
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.className") == "govuk-skip-link"
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "main-content"
        await page.locator("#q").focus()
        await page.keyboard.type("mathimata")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/services?q=mathimata")
        link = page.locator("a.kem-card__link").first
        name = await link.inner_text()
        for _ in range(40):
            await page.keyboard.press("Tab")
            if await link.evaluate("one => one === document.activeElement"):
                break
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/services/*")
        assert await page.locator("h1").inner_text() == name


async def test_the_menu_of_languages_closes_by_escape_and_gives_the_focus_back(eyes: Eyes) -> None:
    async with eyes.tab() as seen:
        page = seen.page
        await page.goto("/map")
        menu = page.locator("details.kem-menu")
        await menu.locator("summary").focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Escape")
        assert await menu.get_attribute("open") is None
        assert await page.evaluate("document.activeElement.tagName") == "SUMMARY"
        await page.keyboard.press("Enter")
        await menu.get_by_text("العربية").click()
        await page.wait_for_url("**/map")
        assert await page.locator("html").get_attribute("dir") == "rtl"


@pytest.mark.parametrize("way", ["button", "keys"])
async def test_somebody_leaves_at_once_and_nothing_of_the_page_stays_to_be_seen(eyes: Eyes, way: str) -> None:
    async with eyes.tab() as seen:
        page = seen.page
        gone: list[str] = []

        async def answer(route: Any) -> None:
            gone.append(route.request.url)
            await route.fulfill(body="<title>Weather</title>", content_type="text/html")

        await page.route("https://www.meteo.gr/**", answer)
        await page.goto("/complaint")
        await page.locator("#words").fill("They hurt me.")
        if way == "button":
            await page.locator(".govuk-js-exit-this-page-button").click()
        else:
            for _ in range(3):
                await page.keyboard.press("Shift")
        await page.wait_for_url("https://www.meteo.gr/**")
        assert len(gone) == 1
        await page.go_back()
        assert await page.locator("#words").input_value() == ""


async def test_everything_works_without_scripts(eyes: Eyes) -> None:
    async with eyes.tab(java_script_enabled=False) as seen:
        page = seen.page
        await page.goto("/")
        await page.locator("#q").fill("lawyer")
        await page.locator(".kem-search button").click()
        assert "/services?q=lawyer" in page.url
        await page.locator("details.govuk-details summary").click()
        await page.locator("#sector").select_option("LEGAL")
        await page.locator(".kem-filters button").click()
        assert "sector=LEGAL" in page.url
        await page.locator("details.kem-menu summary").click()
        await page.locator("details.kem-menu a[hreflang=fa]").click()
        assert await page.locator("html").get_attribute("lang") == "fa"
        assert "sector=LEGAL" in page.url
        assert not await page.locator("[data-kem-print]").is_visible()


async def test_on_paper_a_service_has_its_words_and_no_buttons(eyes: Eyes) -> None:
    async with eyes.tab() as seen:
        page = seen.page
        await page.goto(await one_service(seen))
        assert await page.locator("[data-kem-print]").is_visible()
        await page.emulate_media(media="print")
        for hidden in (".kem-nav", ".kem-exit", "[data-kem-print]", ".kem-menu", ".govuk-back-link"):
            assert not await page.locator(hidden).first.is_visible(), hidden
        for shown in ("h1", ".kem-hours", ".govuk-summary-list", ".kem-brand"):
            assert await page.locator(shown).first.is_visible(), shown


async def test_the_first_page_is_light(eyes: Eyes) -> None:
    """What comes over the line, as it comes, before anything is kept."""
    async with eyes.tab("el") as seen:
        sizes: list[int] = []

        async def weigh(request: Any) -> None:
            size = await request.sizes()
            sizes.append(size["responseBodySize"] + size["responseHeadersSize"])

        seen.page.on("requestfinished", weigh)
        await seen.page.goto("/services", wait_until="networkidle")
        assert len(sizes) >= 3
        assert sum(sizes) <= 150_000
