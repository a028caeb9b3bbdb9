"""An agency's pages with something in them, in a real browser: looked at, followed live, used by keyboard."""

import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from playwright.async_api import Page

from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from kem.disclosure.v1 import recall_service_pb2 as recall
from kernel.vocabulary import Role
from tests.browser.page_lists import of_an_agency
from tests.browser.seeing import Eyes, Seen, faces, send_empty
from tests.component.console.test_partner_withdrawals import recalled
from tests.support.console import ConsoleHub
from tests.support.partner_agency import EMERGENCY, PartnerAgency, at, make_agency
from tests.support.quickest import quickest

LANGUAGES = ("el", "en")
SOON_SECONDS = 1.0
_LOOKED_AT_IS = (
    "Object.defineProperty(document, 'hidden', {{value: {}, configurable: true}});"
    "document.dispatchEvent(new Event('visibilitychange'))"
)
HIDDEN, LOOKED_AT = _LOOKED_AT_IS.format("true"), _LOOKED_AT_IS.format("false")
PEOPLE = (Role.AGENCY_MEMBER, Role.AGENCY_ADMIN)


@dataclass(frozen=True, slots=True)
class Busy:
    """An agency in the middle of its day, and the referrals of which there are pages."""

    agency: PartnerAgency
    asked: str
    questioned: str
    begun: str
    assessed: str
    ended: str
    course: str

    recall_id: str
    member_id: str

    @property
    def paths(self) -> tuple[str, ...]:
        referrals = (self.asked, self.questioned, self.begun, self.assessed, self.ended)
        service_id = self.agency.service.service_id
        return of_an_agency(service_id, self.course, self.recall_id, self.member_id, *referrals)


@pytest.fixture(scope="module")
async def busy(console: ConsoleHub) -> Busy:
    agency = await make_agency(console)
    [asked] = await agency.offered(urgency=EMERGENCY)
    [questioned] = await agency.offered()
    offer_id = (await agency.seen(questioned)).offers[-1].offer_id
    await agency.call("RequestInformation", offer_id=offer_id, question="Is a morning course possible?")
    begun, ended = await agency.held(2)
    for one in (begun, ended):
        await agency.call("StartService", referral_id=one)
    await agency.call("CompleteReferral", referral_id=ended, outcome="NEED_MET", confirmed_by="BOTH")
    [assessed] = await agency.held(for_assessment=True)
    await recalled(agency, times=2)
    held = recall.ListRecallsRequest(view=recall.RECALL_VIEW_HELD, filter=recall.RECALL_FILTER_OPEN)
    listed = await agency.hub.recall.ListRecalls(held, metadata=agency.member.credentials())
    member = await console.member(Role.AGENCY_MEMBER, agency=agency.code)
    course = await with_a_course(agency)
    return Busy(
        *(agency, asked, questioned, begun, assessed, ended, course),
        listed.recalls[0].recall_id,
        str(member.principal_id),
    )


async def with_a_course(agency: PartnerAgency) -> str:
    """Another service of the agency, with a course: where that has its page."""
    other = directory_pb2.Service()
    other.CopyFrom(agency.service)
    other.service_id = str(uuid4())
    save = directory.SaveServicesRequest(request_id=str(uuid4()), services=[other])
    await agency.hub.directory.SaveServices(save, metadata=agency.member.credentials())
    now = datetime.now(UTC)
    course = directory_pb2.Activity(
        activity_id=str(uuid4()),
        service_id=other.service_id,
        name=directory_pb2.BilingualText(el="Χειμερινός κύκλος", en="Winter round"),
        start_time=at(now + timedelta(days=7)),
        end_time=at(now + timedelta(days=60)),
        capacity=directory_pb2.Capacity(kind=directory_pb2.Capacity.KIND_PLACES, places=15),
    )
    request = directory.SaveActivitiesRequest(request_id=str(uuid4()), activities=[course])
    await agency.hub.directory.SaveActivities(request, metadata=agency.member.credentials())
    return f"{other.service_id}/activities/{course.activity_id}"


@pytest.fixture
async def tab(eyes: Eyes, busy: Busy) -> AsyncIterator[Seen]:
    async with eyes.tab("en", 1280, Role.AGENCY_MEMBER, agency=busy.agency.code) as seen:
        yield seen


@pytest.mark.parametrize(("language", "width"), faces(LANGUAGES))
async def test_an_agencys_pages_are_as_they_should_be(
    eyes: Eyes, busy: Busy, language: str, width: int
) -> None:
    found = []
    async with eyes.tab(language, width, *PEOPLE, agency=busy.agency.code) as seen:
        for path in busy.paths:
            answer = await seen.page.goto(path)
            assert answer is not None
            assert answer.status == 200, path
            found += await seen.findings()
        await seen.page.goto(f"/partner/referrals/{busy.begun}")
        await pressed(seen.page, "show")
        await seen.page.get_by_text("Amna Al-Ikhtira").wait_for()
        found += await seen.findings()
        await pressed(seen.page, "return")
        found += await seen.findings()
    assert found == []


@pytest.mark.parametrize(("language", "width"), faces(LANGUAGES))
async def test_an_agencys_forms_that_come_back_empty_are_as_they_should_be(
    eyes: Eyes, console: ConsoleHub, language: str, width: int
) -> None:
    agency = await make_agency(console)
    [asked] = await agency.offered()
    begun, accepted = await agency.held(2)
    await agency.call("StartService", referral_id=begun)
    recall_id = (await recalled_of(agency))[0]
    service = f"/partner/services/{agency.service.service_id}"
    paths = (
        *(f"/partner/referrals/{one}" for one in (asked, begun, accepted)),
        *(service, f"{service}/activities/new", "/partner/services/new?service_type=GREEK_A1"),
        *("/partner/refer", f"/partner/withdrawals/{recall_id}", "/partner/members/new"),
    )
    async with eyes.tab(language, width, *PEOPLE, agency=agency.code) as seen:
        found, returned = await send_empty(seen, paths)
    assert returned >= 6
    assert found == []


async def recalled_of(agency: PartnerAgency) -> list[str]:
    """What the agency is asked to give back, of somebody new."""
    await recalled(agency)
    held = recall.ListRecallsRequest(view=recall.RECALL_VIEW_HELD, filter=recall.RECALL_FILTER_OPEN)
    listed = await agency.hub.recall.ListRecalls(held, metadata=agency.member.credentials())
    return [one.recall_id for one in listed.recalls]


async def pressed(page: Page, step: str) -> None:
    """Sends the form of a step; what it lies in is opened first."""
    form = page.locator(f'form:has(input[name="step"][value="{step}"])')
    await form.evaluate("one => one.closest('details')?.setAttribute('open', '')")
    await form.get_by_role("button").first.click()
    await page.wait_for_load_state()


async def test_an_offer_is_on_an_open_page_within_a_second_and_that_is_said(tab: Seen, busy: Busy) -> None:
    page = tab.page
    await page.goto("/partner")
    cards = page.locator("[data-kem-live] li.kem-card")
    link = page.locator(f'a[href="/partner/referrals/{busy.asked}"]')
    await link.focus()

    async def shown_after() -> float:
        number = await cards.count()
        async with page.expect_response("**/partner") as read_again:
            [referral_id] = await busy.agency.offered()
        assert (await (await read_again.value).request.all_headers())["x-kem-follows"] == "1"
        await page.locator(f'a[href="/partner/referrals/{referral_id}"]').wait_for()
        shown = time.time()
        assert await cards.count() == number + 1
        offered = (await busy.agency.seen(referral_id)).offers[-1].offered_time
        return shown - offered.ToNanoseconds() / 1e9

    assert await quickest(SOON_SECONDS, shown_after) < SOON_SECONDS
    said = page.locator("[data-kem-live-said]")
    await said.filter(has_text="The list of offers has changed.").wait_for(state="attached")
    assert await said.get_attribute("role") == "status"
    assert await link.evaluate("one => one === document.activeElement"), "who reads is not moved elsewhere"
    assert tab.complaints == []


async def test_a_page_that_nobody_looks_at_follows_nothing_and_catches_up(tab: Seen, busy: Busy) -> None:
    page = tab.page
    await page.goto("/partner")
    await page.evaluate(HIDDEN)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    [referral_id] = await busy.agency.offered()
    assert [url for url in asked if "/static/" not in url] == []
    await page.evaluate(LOOKED_AT)
    await page.locator(f'a[href="/partner/referrals/{referral_id}"]').wait_for()


@pytest.mark.parametrize("is_followed", [True, False], ids=("followed", "not-yet-followed"))
async def test_who_signs_out_elsewhere_is_out_on_an_open_page(
    eyes: Eyes, busy: Busy, is_followed: bool
) -> None:
    token = await eyes.hub.new_session(Role.AGENCY_MEMBER, agency=busy.agency.code)
    async with eyes.tab("en", 1280) as seen:
        page = seen.page
        await page.context.add_cookies([{"name": "kem-session", "value": token, "url": eyes.hub.url}])
        if is_followed:
            async with page.expect_response("**/live?**"):
                await page.goto("/partner")
        else:
            await page.add_init_script(HIDDEN)
            await page.goto("/partner")
        async with eyes.hub.browser() as elsewhere:
            elsewhere.keep("kem-session", token)
            await elsewhere.send(await elsewhere.get("/partner"), "/sign-out")
        if not is_followed:
            await page.evaluate(LOOKED_AT)
        await page.wait_for_url(re.compile("/sign-in"))


async def test_an_offer_is_accepted_by_keyboard_alone(tab: Seen, busy: Busy) -> None:
    [referral_id] = await busy.agency.offered()
    page = tab.page
    await page.goto("/partner")

    async def to(script: str) -> None:
        for _ in range(200):
            await page.keyboard.press("Tab")
            if await page.evaluate(f"(one => {script})(document.activeElement)"):
                return
        raise AssertionError(f"Tab never comes to {script}")

    await to(f"one.getAttribute('href') === '/partner/referrals/{referral_id}'")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/partner/referrals/{referral_id}")
    await to("one.textContent.trim() === 'Accept'")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**?said=offer-accepted")
    assert await busy.agency.state(referral_id) == "ACCEPTED"


async def test_an_offer_is_declined_in_two_clicks_without_scripts(eyes: Eyes, busy: Busy) -> None:
    [referral_id] = await busy.agency.offered()
    code = busy.agency.code
    async with eyes.tab("en", 320, Role.AGENCY_MEMBER, agency=code, java_script_enabled=False) as seen:
        await seen.page.goto(f"/partner/referrals/{referral_id}")
        in_words = seen.page.locator('textarea[name="decline_text"]')
        assert await in_words.is_hidden()
        await seen.page.get_by_label("Other reason").first.click()
        assert await in_words.is_visible()
        await seen.page.get_by_label("No place free").click()
        assert await in_words.is_hidden()
        await seen.page.get_by_role("button", name="Decline").click()
        assert "said=offer-declined" in seen.page.url
    assert (await busy.agency.sent(referral_id)).offers[0].reason == "NO_CAPACITY"
