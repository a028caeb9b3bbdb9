"""Who keeps the hub: an operator accounts, health and agreements, an agency's admin members and places."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from playwright.async_api import Page

from chassis.dead_letters import DeadLetter, set_aside
from chassis.events import IncomingEvent
from chassis.postgres import Database
from chassis.topics import DISCLOSURE
from kem.directory.v1 import directory_pb2
from kernel.vocabulary import Role
from services.console.entrypoints.rendering import ATHENS
from services.referral.entrypoints.stream import CONSUMER
from tests.browser.seeing import Eyes
from tests.browser.test_journey import PATIENCE, opens, step
from tests.component.staff.access_service import code_of
from tests.support.console import ConsoleHub
from tests.support.partner_agency import make_agency, until

OWN_PASSWORD = "nine blue tables"
LANGUAGES = ("el", "en")


@dataclass(frozen=True)
class Newcomer:
    """Whom somebody has opened an account: its address, and what they are told once."""

    address: str
    login: str
    password: str


async def opens_an_account(page: Page, accounts: str, *roles: Role, agency_id: str = "") -> Newcomer:
    """From the list to the one-time password, and back to the new one's page."""
    login = f"new-{uuid4().hex[:8]}"
    await page.goto("/home")
    await page.locator(f'main a[href="{accounts}"]').click()
    await page.locator(f'a[href="{accounts}/new"]').click()
    await page.fill("[name=display_name]", "Νέα Δείγμα")
    await page.fill("[name=login]", login)
    if agency_id:
        await page.select_option("[name=agency]", agency_id)
    for box in await page.locator("[name=roles]").all():
        await box.set_checked(await box.get_attribute("value") in roles)
    await page.locator("form:has([name=display_name]) button").click()
    told = page.locator(".kem-reference bdi")
    await told.last.wait_for()
    assert await told.first.inner_text() == login
    password = await told.last.inner_text()
    await page.locator(f'.kem-actions a[href="{accounts}"]').click()
    if agency_id:
        await page.fill("[name=login]", login)
        await page.locator("form:has([name=login]) button").click()
    one = page.locator(".kem-card", has_text=login).locator("a")
    address = str(await one.get_attribute("href"))
    await one.click()
    await page.wait_for_url(f"**{address}")
    assert password not in await page.content()
    return Newcomer(address, login, password)


async def signs_in(page: Page, login: str, password: str, code: str = "") -> None:
    await page.goto("/sign-in")
    for name, words in (("login", login), ("password", password), ("code", code)):
        await page.fill(f"[name={name}]", words)
    await page.locator('form[action="/sign-in"] button[type=submit]').click()


async def signs_in_first(page: Page, newcomer: Newcomer) -> None:
    """By the password that is good once; then by one's own."""
    await signs_in(page, newcomer.login, newcomer.password)
    await page.locator("[name=is_first]").wait_for(state="attached")
    for name, words in (
        ("password", newcomer.password),
        ("new_password", OWN_PASSWORD),
        ("again", OWN_PASSWORD),
    ):
        await page.fill(f"[name={name}]", words)
    await page.locator('form[action="/password"] button[type=submit]').click()
    await page.wait_for_url("**/sign-in?said=password-changed")
    await signs_in(page, newcomer.login, OWN_PASSWORD)
    await page.wait_for_url("**/home**")


async def sets_an_authenticator_up(page: Page, login: str) -> bytes:
    """Its secret; the code that it shows now is used up then, the next one is not."""
    await page.goto("/authenticator")
    await page.fill("[name=login]", login)
    await page.fill("[name=password]", OWN_PASSWORD)
    await page.locator('form[action="/authenticator"] button[type=submit]').click()
    letters = await page.locator("main ol .kem-code").inner_text()
    secret = base64.b32decode(letters.replace(" ", ""))
    await page.fill("[name=password]", OWN_PASSWORD)
    await page.fill("[name=new_code]", code_of(secret))
    await page.locator('form[action="/authenticator"] button[type=submit]').click()
    await page.wait_for_url("**/home?said=authenticator-set")
    return secret


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_operator_opens_an_account_and_closes_it(eyes: Eyes, language: str) -> None:
    kem = str(await eyes.hub.agency_id("KEM"))
    async with (
        eyes.tab(language, 1280, Role.OPERATOR) as keeper,
        eyes.tab(language, 320) as newcomer,
        eyes.tab(language, 320) as elsewhere,
    ):
        new = await opens_an_account(
            keeper.page, "/admin/accounts", Role.AUDITOR, Role.CASEWORKER, agency_id=kem
        )
        page = newcomer.page
        await signs_in_first(page, new)
        assert await page.locator('main a[href="/desk"]').count() == 1
        assert await page.locator('main a[href="/audit"]').count() == 0, "not without an authenticator"
        secret = await sets_an_authenticator_up(page, new.login)
        await page.locator('main a[href="/audit"]').click()
        await page.locator('a[href="/audit/referrals"]').first.wait_for()

        await keeper.page.locator("[name=sure]").check()
        await keeper.page.locator("form:has([name=sure]) button").click()
        await keeper.page.wait_for_url("**?said=account-close")
        assert await keeper.page.locator("main form").count() == 0, "nothing is left to be done"
        await signs_in(elsewhere.page, new.login, OWN_PASSWORD, code_of(secret, 1))
        await elsewhere.page.locator(".govuk-error-summary").wait_for()
        await elsewhere.page.goto("/home")
        assert "/sign-in" in elsewhere.page.url
        for tab in (keeper, newcomer, elsewhere):
            assert tab.complaints == []


async def set_aside_by_referral(console: ConsoleHub) -> None:
    """An event that referral took before lies there as another one which it could not take."""
    postgres = console.stack.postgres
    reader = await asyncpg.connect(postgres.url("kem_check"))
    row = await reader.fetchrow(
        "select key, partition, position, payload from intake.event_log"
        " where topic = $1 and type = 'AgreementChanged' order by position limit 1",
        DISCLOSURE,
    )
    await reader.close()
    event = IncomingEvent(
        event_id=uuid4(),
        topic=DISCLOSURE,
        partition=row["partition"],
        offset=3,
        position=row["position"],
        key=str(row["key"]).encode(),
        type="AgreementChanged",
        event_time=datetime.now(UTC),
        traceparent=None,
        payload=bytes(row["payload"]),
        source="intake",
    )
    database = await Database.open(postgres.url("referral_worker"), schema="referral", max_size=1)
    async with database.pool.acquire() as connection, connection.transaction():
        await set_aside(connection, CONSUMER, [DeadLetter(event, "CANNOT_BE_TAKEN", 5)])
    await database.close()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_operator_has_an_event_taken_again(eyes: Eyes, language: str) -> None:
    await set_aside_by_referral(eyes.hub)
    async with eyes.tab(language, 1280, Role.OPERATOR) as tab:
        page = tab.page
        await page.goto("/home")
        await page.locator('main a[href="/admin/health"]').click()
        await page.locator('main a[href="/admin/health/referral"]').click()
        await page.locator("[name=letters]").last.check()
        await page.locator("[name=redrive]").click()
        await page.locator(".govuk-inset-text").wait_for()

        async def is_taken() -> bool:
            await page.goto("/admin/health/referral")
            return not await page.locator("[name=letters]").count()

        await until(is_taken)
        assert tab.complaints == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_operator_ends_an_agreement(eyes: Eyes, language: str) -> None:
    agency = await make_agency(eyes.hub)
    async with eyes.tab(language, 1280, Role.OPERATOR) as tab:
        page = tab.page
        await page.goto("/admin")
        await page.locator('main a[href="/admin/agencies"]').click()
        await page.locator("main a", has_text=agency.code).click()
        yesterday = datetime.now(ATHENS) - timedelta(days=1)
        await page.fill("[name=until_day]", yesterday.strftime("%d/%m/%Y"))
        await page.locator("form:has([name=until_day]) button").click()
        await page.wait_for_url("**?said=agreement-saved")
        assert await page.input_value("[name=until_day]") == yesterday.strftime("%d/%m/%Y")
        await page.goto("/admin/agreements")
        row = page.locator("tr", has_text=agency.code)
        assert {"el": "δεν ισχύει", "en": "not in force"}[language] in await row.inner_text()
        assert tab.complaints == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_agencys_admin_opens_an_account_and_the_member_takes_an_offer(
    eyes: Eyes, language: str
) -> None:
    places = directory_pb2.Capacity(kind=directory_pb2.Capacity.KIND_PLACES, places=3)
    agency = await make_agency(eyes.hub, capacity=places)
    service = f"/partner/services/{agency.service.service_id}"
    async with (
        eyes.tab(language, 1280, Role.AGENCY_ADMIN, agency=agency.code) as admin,
        eyes.tab(language, 320) as member,
    ):
        new = await opens_an_account(admin.page, "/partner/members", Role.AGENCY_MEMBER)
        await admin.page.goto("/partner/services")
        await admin.page.locator(f'main a[href="{service}"]').click()
        await admin.page.fill("[name=places]", "1")
        await step(admin.page, "save")
        await admin.page.wait_for_url("**?said=service-saved")
        [referral] = await agency.offered()

        await signs_in_first(member.page, new)
        await opens(member.page, referral)
        await step(member.page, "accept")
        await member.page.wait_for_url("**?said=offer-accepted")

        page = admin.page
        await page.goto("/partner/services")
        none_left = {"el": "0 ελεύθερες από 1", "en": "0 free of 1"}[language]
        assert none_left in await page.locator("main").inner_text()
        await page.goto("/partner/held")
        await page.locator(f'a[href$="/partner/referrals/{referral}"]').first.wait_for(timeout=PATIENCE)
        for tab in (admin, member):
            assert tab.complaints == []
