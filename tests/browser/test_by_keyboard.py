"""What desks and agencies do all day, by keyboard alone."""

import asyncpg
import pytest
from playwright.async_api import Page

from kem.intake.v1 import intake_service_pb2 as intake
from kem.intake.v1 import need_pb2
from kem.intake.v1.beneficiary_pb2 import ORIGIN_KEM_DESK
from kernel.vocabulary import Role
from services.intake.domain.beneficiary import LanguageLevel, LanguageSkill
from tests.browser.seeing import Eyes
from tests.support.console import ConsoleHub
from tests.support.partner_agency import NORMAL, PartnerAgency, make_agency, until

MOST_STEPS = 400
FEW_SPEAK = "tir"
"""Spoken by the agency here, and by next to nobody else in the sample city."""


@pytest.fixture(scope="module")
async def agency(console: ConsoleHub) -> PartnerAgency:
    return await make_agency(console, languages=["ell", FEW_SPEAK])


async def somebody(agency: PartnerAgency) -> str:
    return await agency.person(
        languages=(LanguageSkill(FEW_SPEAK, LanguageLevel.NATIVE),), interpreter_needed=False
    )


async def tab_to(page: Page, script: str) -> None:
    """Goes on by Tab until the condition holds for what has the focus."""
    for _ in range(MOST_STEPS):
        await page.keyboard.press("Tab")
        if await page.evaluate(f"(one => {script})(document.activeElement)"):
            return
    raise AssertionError(f"Tab never comes to {script}")


async def arrow_to(page: Page, value: str) -> None:
    """Chooses one of the radios among which the focus is, by the arrows."""
    for _ in range(20):
        if await page.evaluate("document.activeElement.checked && document.activeElement.value") == value:
            return
        await page.keyboard.press("ArrowDown")
    raise AssertionError(f"no arrow comes to {value}")


def button(words: str) -> str:
    return f"one.matches('button, a.govuk-button') && one.textContent.trim() === '{words}'"


def field(name: str) -> str:
    return f"one.name === '{name}'"


async def test_needs_of_two_urgencies_are_recorded(eyes: Eyes, agency: PartnerAgency) -> None:
    person = await somebody(agency)
    async with eyes.tab("en", 1280, Role.CASEWORKER, agency="KEM") as seen:
        page = seen.page
        await page.goto(f"/desk/people/{person}")
        await tab_to(page, f"one.getAttribute('href') === '/desk/people/{person}/needs'")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/desk/people/{person}/needs")
        await tab_to(page, field("type_1"))
        await page.keyboard.type("GREEK_A1")
        await tab_to(page, field("urgency_1"))
        await arrow_to(page, "URGENT")
        if not await page.locator("#type_2").is_visible():
            await tab_to(page, button("One more need"))
            await page.keyboard.press("Enter")
            await page.locator("#type_2").wait_for()
        await tab_to(page, field("type_2"))
        await page.keyboard.type("FOOD")
        await tab_to(page, field("urgency_2"))
        await arrow_to(page, "NORMAL")
        await tab_to(page, button("Record"))
        await page.keyboard.press("Enter")
        await page.wait_for_url("**?said=*")
        assert seen.complaints == []
    connection = await asyncpg.connect(agency.console.stack.postgres.url("kem_check"))
    try:
        rows = await connection.fetch(
            "select service_type, urgency from intake.need where beneficiary_id = $1::uuid", person
        )
    finally:
        await connection.close()
    assert {(row["service_type"], row["urgency"]) for row in rows} == {
        ("GREEK_A1", "URGENT"),
        ("FOOD", "NORMAL"),
    }


async def test_a_provider_is_chosen_and_asked(eyes: Eyes, agency: PartnerAgency) -> None:
    person = await somebody(agency)
    needs = [
        need_pb2.NewNeed(
            beneficiary_id=person,
            service_type=agency.service.service_type,
            urgency=NORMAL,
            routing=need_pb2.ROUTING_ASK_FIRST,
            origin=ORIGIN_KEM_DESK,
        )
    ]
    request = intake.RecordNeedsRequest(request_id=person, needs=needs)
    recorded = await agency.hub.intake.RecordNeeds(request, metadata=agency.desk.credentials())
    referral_id = recorded.needs[0].referral_id
    ours = f"order_{agency.service.service_id}"
    async with eyes.tab("en", 1280, Role.CASEWORKER, agency="KEM") as seen:
        page = seen.page

        async def is_proposed() -> bool:
            await page.goto(f"/desk/people/{person}/referrals/{referral_id}")
            return await page.locator(f'[name="{ours}"]').count() == 1

        await until(is_proposed)
        number = await page.locator('select[name^="order_"]').count()
        for _ in range(number):
            await tab_to(page, "one.matches('select[name^=\"order_\"]')")
            is_ours = await page.evaluate("document.activeElement.name") == ours
            await page.keyboard.press("Home")
            if is_ours:
                await page.keyboard.press("1")
        assert await page.locator(f'[name="{ours}"]').input_value() == "1"
        await tab_to(page, button("Ask them"))
        await page.keyboard.press("Enter")
        await page.wait_for_url("**?said=*")
        assert seen.complaints == []

    async def is_asked() -> bool:
        return await agency.state(referral_id) == "OFFERED"

    await until(is_asked)
    assert (await agency.sent(referral_id)).offers[-1].service_id == agency.service.service_id


async def test_an_offer_is_declined_with_a_reason(eyes: Eyes, agency: PartnerAgency) -> None:
    [referral_id] = await agency.offered(
        languages=(LanguageSkill(FEW_SPEAK, LanguageLevel.NATIVE),), interpreter_needed=False
    )
    async with eyes.tab("en", 1280, Role.AGENCY_MEMBER, agency=agency.code) as seen:
        page = seen.page
        await page.goto("/partner")
        await tab_to(page, f"one.getAttribute('href') === '/partner/referrals/{referral_id}'")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/partner/referrals/{referral_id}")
        await tab_to(page, field("decline_reason"))
        await page.keyboard.press("Space")
        await arrow_to(page, "OTHER")
        await tab_to(page, field("decline_text"))
        await page.keyboard.type("We are moving house.")
        await tab_to(page, button("Decline"))
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/partner?said=offer-declined")
        assert seen.complaints == []
    [offer] = (await agency.sent(referral_id)).offers
    assert (offer.reason, offer.notes[0].text) == ("OTHER", "We are moving house.")
