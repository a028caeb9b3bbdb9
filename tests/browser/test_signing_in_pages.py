"""Steps of signing in without an address of their own, in a browser: a first password, an authenticator."""

from uuid import uuid4

import pytest
from playwright.async_api import Page

from kem.access.v1 import access_service_pb2 as messages
from kernel.vocabulary import Role
from tests.browser.seeing import WIDTHS, Eyes
from tests.support.console import PASSWORD, ConsoleHub

FACES = [(language, width) for language in ("el", "en") for width in WIDTHS]


async def with_a_first_password(console: ConsoleHub) -> tuple[str, str]:
    """Login and password, which is good once, of somebody whom an operator has reset."""
    member = await console.member(Role.AGENCY_MEMBER, agency="UNHCR")
    operator = console.hub.person(uuid4(), None, Role.OPERATOR)
    reset = await console.hub.staff.ResetCredentials(
        messages.ResetCredentialsRequest(request_id=str(uuid4()), principal_id=str(member.principal_id)),
        metadata=operator.credentials(),
    )
    return member.credentials.login, str(reset.one_time_password)


async def send(page: Page, action: str, **words: str) -> None:
    """Fills the form in and sends it; the page that comes is another one, at the same address or not."""
    for name, text in words.items():
        await page.fill(f"[name={name}]", text)
    async with page.expect_navigation():
        await page.locator(f'form[action="{action}"] button[type=submit]').click()


@pytest.mark.parametrize(("language", "width"), FACES)
async def test_a_first_password_is_chosen_on_a_page_as_it_should_be(
    eyes: Eyes, console: ConsoleHub, language: str, width: int
) -> None:
    login, password = await with_a_first_password(console)
    async with eyes.tab(language, width) as seen:
        await seen.page.goto("/sign-in")
        await send(seen.page, "/sign-in", login=login, password=password)
        first = seen.page.locator("[name=is_first]")
        assert await first.count() == 1
        assert await seen.findings() == []
        await send(seen.page, "/password", password=password, new_password="nine blue tables", again="nine")
        assert await first.count() == await seen.page.locator(".govuk-error-summary").count() == 1
        assert await seen.findings() == []


@pytest.mark.parametrize(("language", "width"), FACES)
async def test_an_authenticator_is_set_up_on_pages_as_they_should_be(
    eyes: Eyes, console: ConsoleHub, language: str, width: int
) -> None:
    credentials = await console.account(Role.DPO)
    async with eyes.tab(language, width) as seen:
        await seen.page.goto("/authenticator")
        await send(seen.page, "/authenticator", login=credentials.login, password=PASSWORD)
        picture = seen.page.locator("img.kem-code-picture")
        assert await picture.evaluate("one => one.complete && one.naturalWidth > 0")
        assert await seen.findings() == []
        await send(seen.page, "/authenticator", password=PASSWORD, new_code="")
        assert await picture.count() == 0, "it is shown once"
        assert await seen.page.locator(".govuk-error-summary").count() == 1
        assert await seen.findings() == []
