"""Who needs no sign-in: somebody finds a service, prints it, checks their receipt and complains."""

import re
from uuid import uuid4

import pytest

from kem.disclosure.v1 import complaint_service_pb2 as complaints
from kernel.vocabulary import Role
from tests.browser.seeing import Eyes
from tests.support.console_receipts import issue_receipt

JOURNEYS = {"el": "μαθηματα ελληνικων", "en": "mathimata", "ar": "mathimata"}
"""What is typed in each language: Greek without its accents, or as it sounds in Latin letters."""
_RIGHT_TO_LEFT = ("ar",)


@pytest.mark.parametrize("language", JOURNEYS)
async def test_somebody_finds_help_checks_their_receipt_and_complains(eyes: Eyes, language: str) -> None:
    issued = await issue_receipt(eyes.hub, language)
    # so many complaints of one sender are taken within an hour
    sender = {"X-Forwarded-For": f"198.51.100.{1 + list(JOURNEYS).index(language)}"}
    async with eyes.tab(language, 320, extra_http_headers=sender) as tab:
        page = tab.page
        await page.add_init_script(
            "window.print = () => { document.documentElement.dataset.printed = 'yes' }"
        )
        await page.goto("/")
        direction = "rtl" if language in _RIGHT_TO_LEFT else "ltr"
        assert await page.locator("html").get_attribute("dir") == direction
        await page.fill("#q", JOURNEYS[language])
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/services?q=*")
        link = page.locator("a.kem-card__link").first
        name = await link.inner_text()
        await link.click()
        await page.wait_for_url("**/services/*")
        assert await page.locator("h1").inner_text() == name
        await page.locator("[data-kem-print]").click()
        assert await page.locator("html").get_attribute("data-printed") == "yes"

        await page.locator('footer a[href="/receipt"]').click()
        await page.fill("[name=code]", issued.code.lower().replace("-", " "))
        await page.locator('form[action="/receipt"] button').click()
        await page.locator(".govuk-panel--confirmation").wait_for()
        assert await page.locator("main article").count() == 0, "not without the PIN"
        await page.locator(".govuk-back-link").click()
        await page.fill("[name=code]", issued.code)
        await page.fill("[name=pin]", issued.pin)
        await page.locator('form[action="/receipt"] button').click()
        receipt = page.locator("main article")
        assert issued.content.title in await receipt.inner_text()
        assert await receipt.get_attribute("dir") == direction

        words = f"Κανείς δεν ήρθε. {uuid4()}"
        await page.locator('footer a[href="/complaint"]').click()
        await page.locator("[name=kind][value=HELP]").check()
        await page.fill("[name=words]", words)
        await page.locator('form[action="/complaint"] button').last.click()
        number = await page.locator("p.kem-reference").inner_text()
        assert re.fullmatch(r"[0-9A-F]{4} [0-9A-F]{4}", number.strip())
        assert tab.complaints == []
        assert tab.elsewhere == []
    assert await told_to_officers(eyes, words) == number.strip().replace(" ", "").lower()


async def told_to_officers(eyes: Eyes, words: str) -> str:
    """The beginning of the complaint's id, by which the person may ask."""
    officer = eyes.hub.hub.person(uuid4(), None, Role.DPO)
    request = complaints.ListComplaintsRequest(page_size=200)
    listed = await eyes.hub.hub.complaints.ListComplaints(request, metadata=officer.credentials())
    [kept] = [one for one in listed.complaints if one.words == words]
    return str(kept.complaint_id[:8])
