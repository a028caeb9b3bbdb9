"""A data protection officer: what waits, what a person is told, and a person who is erased; el and en."""

import json
from uuid import uuid4

import pytest
from playwright.async_api import Page

from kem.disclosure.v1 import rights_service_pb2 as rights
from kernel.vocabulary import Role
from tests.browser.seeing import Eyes
from tests.browser.test_journey import PATIENCE
from tests.component.console.test_audit_officer import asked_for, told_without_consent
from tests.component.console.test_partner_withdrawals import recalled
from tests.support.partner_agency import make_agency, until

WORDS = {
    "el": {"erase": "ΔΙΑΓΡΑΦΗ", "given": "Δόθηκαν στοιχεία", "back": "Ανακλήθηκε συγκατάθεση"},
    "en": {"erase": "ERASE", "given": "Data were given", "back": "Consent was taken back"},
}


@pytest.mark.parametrize("language", WORDS)
async def test_an_officer_looks_at_what_waits_and_erases_who_asks_for_it(eyes: Eyes, language: str) -> None:
    agency = await make_agency(eyes.hub)
    told = await told_without_consent(agency)
    referral = await recalled(agency)
    person = agency.people[-1]
    file, forget = [
        await asked_for(agency, right, f"{uuid4()}", person)
        for right in (rights.RIGHT_ACCESS, rights.RIGHT_ERASURE)
    ]
    async with eyes.tab(language, 1280, Role.DPO) as tab:
        await reviews(tab.page, told)
        await answers_by_a_file(tab.page, file)
        assert await is_recalled(tab.page, referral)
        async with eyes.tab(language, 320, Role.AGENCY_MEMBER, agency=agency.code) as member:
            await has_destroyed(member.page)
            assert member.complaints == []
        assert not await is_recalled(tab.page, referral)
        await sees_who_saw(tab.page, person, WORDS[language])
        await erases(tab.page, forget, WORDS[language]["erase"])
        assert tab.complaints == []
    async with eyes.tab(language, 1280, Role.SUPERVISOR, agency="KEM") as desk:
        gone = await desk.page.goto(f"/desk/people/{person}")
        assert gone is not None
        assert gone.status >= 400, "nobody can read them any more"


async def goes_to(page: Page, list_of: str, row_id: str) -> None:
    """From the start to a list, and there to the page on which the row stands."""
    await page.goto("/audit")
    await page.locator(f'main a[href="{list_of}"]').first.click()
    await page.wait_for_url(f"**{list_of}")
    while not await page.locator(f'[name=row][value="{row_id}"]').count():
        onward = page.locator('nav a[href*="after="]')
        assert await onward.count(), f"{row_id} is on no page of {list_of}"
        await page.goto(str(await onward.last.get_attribute("href")))


async def reviews(page: Page, told: str) -> None:
    await goes_to(page, "/audit/emergencies", told)
    await page.locator(f'[name="finding-{told}"][value=justified]').check()
    await page.fill(f'[name="words-{told}"]', "There was no other way.")
    await page.locator(f'form:has([value="{told}"]) button').click()
    await page.wait_for_url("**?said=emergency-reviewed")
    assert not await page.locator(f'[name=row][value="{told}"]').count()


async def sees_who_saw(page: Page, person: str, words: dict[str, str]) -> None:
    """The person's history: what was given, and that they took their consent back."""
    await page.goto("/audit")
    await page.locator('main a[href="/audit/people"]').click()
    await page.fill("[name=id]", person)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/audit/people/{person}")

    async def is_told() -> bool:
        told = await page.locator(".kem-timeline").inner_text()
        if words["given"] in told and words["back"] in told:
            return True
        await page.reload()
        return False

    await until(is_told)


async def answers_by_a_file(page: Page, request_id: str) -> None:
    """Takes two months more, makes the file, and puts on record that the person has it."""
    await goes_to(page, "/audit/rights", request_id)
    await opens_form(page, request_id, "extend")
    await page.locator(f'[name="ground-{request_id}"][value=COMPLEXITY]').check()
    await page.fill(f'[name="extension_words-{request_id}"]', "It is much.")
    await sends(page, request_id, "extend")
    await page.wait_for_url("**?said=right-extended")
    await goes_to(page, "/audit/rights", request_id)
    await page.locator(f'a[href="/audit/rights/{request_id}/export"]').click()
    await page.locator("[name=identity_proof][value=DOCUMENT_SEEN]").check()
    async with page.expect_download() as coming:
        await page.locator("form:has([name=identity_proof]) button").click()
    file = await (await coming.value).path()
    assert json.loads(file.read_text(encoding="utf-8"))
    await goes_to(page, "/audit/rights", request_id)
    await is_answered(page, request_id)


async def opens_form(page: Page, request_id: str, name: str) -> None:
    form = page.locator(f'details:has(form:has([value="{request_id}"]):has([value="{name}"]))')
    await form.locator("summary").click()


async def sends(page: Page, request_id: str, name: str) -> None:
    await page.locator(f'form:has([value="{request_id}"]):has([name=step][value="{name}"]) button').click()


async def is_answered(page: Page, request_id: str) -> None:
    await opens_form(page, request_id, "answer")
    await page.locator(f'[name="answer-{request_id}"][value=FULFILLED]').check()
    await page.fill(f'[name="words-{request_id}"]', "It was done.")
    await sends(page, request_id, "answer")
    await page.wait_for_url("**?said=right-answered")
    assert not await page.locator(f'[name=row][value="{request_id}"]').count()


async def is_recalled(page: Page, referral: str) -> bool:
    """Whether it is still waited for what became of this referral's data."""
    await page.goto("/audit")
    await page.locator('main a[href="/audit/recalls"]').first.click()
    await page.wait_for_url("**/audit/recalls")
    return await page.locator(f'a[href="/audit/referrals/{referral}"]').count() > 0


async def has_destroyed(page: Page) -> None:
    """The agency says so at its own page."""
    await page.goto("/partner/withdrawals")
    await page.locator("[name=destroyed]").check()
    await page.locator("form:has([name=destroyed]) button").click()
    await page.wait_for_url("**?said=recall-answered")


async def erases(page: Page, request_id: str, word: str) -> None:
    await goes_to(page, "/audit/rights", request_id)
    await page.locator(f'a[href="/audit/rights/{request_id}/erasure"]').click()
    await page.locator("[name=identity_proof][value=DOCUMENT_SEEN]").check()
    await page.fill("[name=confirm]", word)
    await page.locator("form:has([name=confirm]) button").click()
    await page.wait_for_url("**/audit/erasures/*?said=person-erased", timeout=PATIENCE)
    file = await page.locator('a[href$="/certificate.json"]').get_attribute("href")
    answer = await page.context.request.get(page.url.partition("/audit/")[0] + str(file))
    assert json.loads(await answer.text())["destroyed"]
    await goes_to(page, "/audit/rights", request_id)
    await is_answered(page, request_id)
