"""The form about a person in a real browser: what it says while it is kept, and what it brings back."""

from playwright.async_api import Page

from kernel.vocabulary import Role
from tests.browser.seeing import Eyes
from tests.component.console.test_desk import new_name
from tools.sample_staff import begin_sessions

NEW = "/desk/people/new"


async def signed_in_as(eyes: Eyes, page: Page, session: str) -> None:
    """The browser has this session from now on, as when somebody signs in, or out, in another tab."""
    await page.context.add_cookies([{"name": "kem-session", "value": session, "url": eyes.hub.url}])


async def fill_in(page: Page) -> None:
    for name, words in (
        ("original_given", "Δείγμα"),
        ("original_family", new_name()),
        ("latin_given", "Deigma"),
        ("birth_date", "1990"),
    ):
        await page.fill(f"[name={name}]", words)
    await page.select_option("[name=language_1]", "fra")


async def test_a_form_never_says_that_it_is_kept_when_the_session_has_ended(eyes: Eyes) -> None:
    worker = await eyes.hub.member(Role.CASEWORKER, agency="KEM")
    first, second = await begin_sessions(eyes.hub.hub, worker)
    async with eyes.tab("en", 320) as seen:
        page = seen.page
        await signed_in_as(eyes, page, first)
        await page.goto(NEW)
        await signed_in_as(eyes, page, await eyes.hub.new_session(Role.CASEWORKER, agency="KEM"))
        await fill_in(page)
        note = page.locator("[data-kem-kept]")
        await note.get_by_text("Not kept: you are signed out.").wait_for()
        await signed_in_as(eyes, page, second)
        await page.fill("[name=latin_family]", "Oikogeneia")
        await note.get_by_text("Kept as a draft at").wait_for()
        await page.get_by_role("button", name="Register", exact=True).click()
        await page.wait_for_url("**/desk/people/*-*?said=registered")


async def test_a_form_that_was_sent_leaves_no_draft(eyes: Eyes) -> None:
    session = await eyes.hub.new_session(Role.CASEWORKER, agency="KEM")
    async with eyes.tab("en", 1280) as seen:
        page = seen.page
        await signed_in_as(eyes, page, session)
        await page.goto(NEW)
        await fill_in(page)
        await page.get_by_role("button", name="Register", exact=True).click()
        await page.wait_for_url("**/desk/people/*-*?said=registered")
        await page.goto("/desk/drafts")
        await page.get_by_text("Nothing is begun").wait_for()


async def test_what_is_sent_from_an_ended_session_waits_in_a_page_for_whoever_signs_in(eyes: Eyes) -> None:
    worker = await eyes.hub.member(Role.CASEWORKER, agency="KEM")
    first, second = await begin_sessions(eyes.hub.hub, worker)
    async with eyes.tab("el", 320) as seen:
        page = seen.page
        await signed_in_as(eyes, page, first)
        await page.goto(NEW)
        await fill_in(page)
        await signed_in_as(eyes, page, "ended")
        await page.get_by_role("button", name="Εγγραφή", exact=True).click()
        await page.get_by_role("heading", name="Έχετε αποσυνδεθεί").wait_for()
        assert await seen.findings() == []
        await signed_in_as(eyes, page, second)
        await page.get_by_role("button", name="Αποστολή ξανά").click()
        assert await page.input_value("[name=original_given]") == "Δείγμα"


async def test_one_more_row_comes_at_once_where_scripts_run(eyes: Eyes) -> None:
    async with eyes.tab("en", 1280, Role.CASEWORKER, agency="KEM") as seen:
        page = seen.page
        await page.goto(NEW)
        await page.fill("[name=original_given]", "Δείγμα")
        more = page.get_by_role("button", name="One more language")
        for row in (2, 3, 4):
            await more.click()
            assert await page.evaluate("document.activeElement.name") == f"language_{row}"
        await more.click()
        await page.wait_for_url("**/new#language_5")
        assert await page.locator("[name=language_5]").is_visible()
        assert await page.input_value("[name=original_given]") == "Δείγμα"


async def test_a_look_and_a_known_record_are_as_they_should_be(eyes: Eyes) -> None:
    async with eyes.tab("el", 320, Role.CASEWORKER, agency="KEM") as seen:
        page = seen.page
        for turn in range(2):
            await page.goto(NEW)
            await fill_in(page)
            await page.fill("[name=contact_value_1]", "+30 6912345678")
            if turn == 0:
                await page.get_by_role("button", name="Εγγραφή", exact=True).click()
                await page.wait_for_url("**/desk/people/*-*?said=registered")
        await page.get_by_role("button", name="Έλεγχος αν είναι γνωστό το πρόσωπο").click()
        await page.locator("#found").wait_for()
        assert await seen.findings() == []
        await page.get_by_role("button", name="Εγγραφή", exact=True).click()
        assert await page.get_by_role("link", name="Άνοιγμα της καρτέλας").count() == 2
        assert await seen.findings() == []


async def test_a_reason_is_chosen_by_keyboard_and_without_scripts(eyes: Eyes) -> None:
    opened = eyes.tab("el", 320, Role.CASEWORKER, agency="KEM", java_script_enabled=False)
    async with opened as seen:
        page = seen.page
        await page.goto(NEW)
        await fill_in(page)
        await page.select_option("[name=language_1]", "")
        why = page.get_by_label("Γλώσσες: γιατί είναι κενό")
        await why.focus()
        for _ in range(3):
            await page.keyboard.press("ArrowDown")
        assert await why.input_value() == "REFUSED"
        await page.get_by_role("button", name="Εγγραφή", exact=True).press("Enter")
        await page.wait_for_url("**/desk/people/*-*?said=registered")
        await page.get_by_text("προτιμά να μην πει", exact=True).wait_for()
