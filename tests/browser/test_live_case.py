"""A referral at the desk, open while things happen: parts come by themselves, nothing typed is lost."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from kem.disclosure.v1 import disclosure_service_pb2 as disclosures
from kem.disclosure.v1 import emergency_service_pb2 as emergency
from kem.intake.v1 import intake_service_pb2 as intake
from kem.referral.v1 import referral_service_pb2 as rpc
from kernel.vocabulary import Role
from tests.browser.seeing import Eyes, Seen
from tests.support.console import ConsoleHub
from tests.support.desk import page_of, to_choose
from tests.support.partner_agency import PartnerAgency, at, make_agency

PATIENCE = 30_000
DESK = (Role.CASEWORKER,)
ORDERS = '[name^="order_"]'


@pytest.fixture
async def agency(console: ConsoleHub) -> PartnerAgency:
    return await make_agency(console)


async def opened(seen: Seen, path: str) -> Page:
    """The page, marked: whoever loads it anew loses the mark."""
    await seen.page.goto(path)
    await seen.page.evaluate("document.body.dataset.opened = 'once'")
    return seen.page


async def is_still_open(page: Page) -> bool:
    return bool(await page.evaluate("document.body.dataset.opened === 'once'"))


async def asks(agency: PartnerAgency, referral_id: str, question: str) -> None:
    """The agency wants to know something."""
    offer_id = (await agency.seen(referral_id)).offers[-1].offer_id
    await agency.call("RequestInformation", offer_id=offer_id, question=question)


async def tells_by_telephone(agency: PartnerAgency, referral_id: str) -> None:
    """A colleague at the desk records that they told the agency who it is."""
    told = emergency.RecordHandoverRequest(
        request_id=str(uuid4()),
        referral_id=referral_id,
        agency_id=str(agency.agency_id),
        told_categories=["NAME", "SAFE_CONTACT"],
        legal_basis="CONSENT",
        spoken_to="Eleni at the duty phone",
        answer=emergency.HANDOVER_ANSWER_NOT_TAKEN,
        happened_time=at(datetime.now(UTC)),
    )
    await agency.hub.emergency.RecordHandover(told, metadata=agency.desk.credentials())


async def test_a_question_comes_to_the_open_page_and_what_is_typed_there_stays(
    eyes: Eyes, agency: PartnerAgency
) -> None:
    [referral_id] = await agency.offered()
    async with eyes.tab("en", 1280, *DESK, agency="KEM") as seen:
        page = await opened(seen, page_of(agency, referral_id))
        answer, said = page.locator("[name=answer]"), page.locator("[data-kem-live-said]")
        assert await answer.count() == 0
        await asks(agency, referral_id, "Is a morning course possible?")
        await answer.wait_for(timeout=PATIENCE)
        await expect(said).to_have_text("This has moved. Where it stands: A provider has been asked")
        assert await page.locator("main [aria-live]").count() == 0, "it is said once, and not read out whole"
        assert seen.complaints == await seen.findings() == []
        await answer.fill("Yes, until")
        cancel = rpc.CancelReferralRequest(
            request_id=str(uuid4()), referral_id=referral_id, reason="NO_LONGER_NEEDED"
        )
        await agency.hub.referral.CancelReferral(cancel, metadata=agency.desk.credentials())
        note = page.locator("div[data-kem-live-new]")
        await expect(note).to_contain_text("There is something new.", timeout=PATIENCE)
        await expect(said).to_contain_text("What you have typed is kept as it is.")
        assert await answer.input_value() == "Yes, until"
        assert await answer.evaluate("one => one === document.activeElement"), "who writes goes on writing"
        await expect(page.locator("main .kem-tags").first).to_contain_text("Cancelled")
        assert await is_still_open(page)
        await note.get_by_role("link").click()
        await page.wait_for_load_state()
        assert await answer.count() == 0
        assert seen.complaints == []


async def test_providers_leave_the_open_page_when_a_colleague_has_asked_them(
    eyes: Eyes, agency: PartnerAgency
) -> None:
    referral_id = await to_choose(agency, await agency.person())
    async with eyes.tab("en", 320, *DESK, agency="KEM") as seen:
        page = await opened(seen, page_of(agency, referral_id))
        orders = page.locator(ORDERS)
        assert await orders.count() > 0
        ask = rpc.OfferToRequest(
            request_id=str(uuid4()), referral_id=referral_id, service_ids=[agency.service.service_id]
        )
        await agency.hub.referral.OfferTo(ask, metadata=agency.desk.credentials())
        await expect(orders).to_have_count(0, timeout=PATIENCE)
        assert await page.get_by_role("button", name="Ask them").count() == 0, "a colleague has asked them"
        offer_id = (await agency.seen(referral_id)).offers[-1].offer_id
        await agency.call("DeclineOffer", offer_id=offer_id, reason="OUTSIDE_AREA")
        await expect(page.locator("main .kem-timeline")).to_contain_text("Declined:", timeout=PATIENCE)
        assert await is_still_open(page)
        assert seen.complaints == await seen.findings() == []


async def test_a_choice_that_is_being_made_is_left_alone(eyes: Eyes, agency: PartnerAgency) -> None:
    referral_id = await to_choose(agency, await agency.person())
    async with eyes.tab("el", 1280, *DESK, agency="KEM") as seen:
        page = await opened(seen, page_of(agency, referral_id))
        mine = page.locator(ORDERS).first
        await mine.select_option("3")
        ask = rpc.OfferToRequest(
            request_id=str(uuid4()), referral_id=referral_id, service_ids=[agency.service.service_id]
        )
        await agency.hub.referral.OfferTo(ask, metadata=agency.desk.credentials())
        await expect(page.locator("div[data-kem-live-new]")).to_contain_text(
            "Υπάρχει κάτι νέο.", timeout=PATIENCE
        )
        assert await mine.input_value() == "3"
        assert await is_still_open(page)


async def test_what_is_typed_stays_also_when_the_session_has_ended(eyes: Eyes, agency: PartnerAgency) -> None:
    [referral_id] = await agency.offered()
    await asks(agency, referral_id, "Is a morning course possible?")
    async with eyes.tab("en", 1280, *DESK, agency="KEM") as seen:
        page = await opened(seen, page_of(agency, referral_id))
        answer = page.locator("[name=answer]")
        await answer.fill("Yes, until", timeout=PATIENCE)
        await page.context.add_cookies([{"name": "kem-session", "value": "ended", "url": eyes.hub.url}])
        cancel = rpc.CancelReferralRequest(
            request_id=str(uuid4()), referral_id=referral_id, reason="NO_LONGER_NEEDED"
        )
        await agency.hub.referral.CancelReferral(cancel, metadata=agency.desk.credentials())
        state = page.locator("[data-kem-live-state]")
        await expect(state).to_have_text("Not followed at the moment.", timeout=PATIENCE)
        assert await answer.input_value() == "Yes, until"
        assert await is_still_open(page)


async def test_an_open_referral_hears_that_its_holder_has_looked_who_it_is(
    eyes: Eyes, agency: PartnerAgency
) -> None:
    [referral_id] = await agency.held()
    async with eyes.tab("en", 1280, *DESK, agency="KEM") as seen:
        page = await opened(seen, page_of(agency, referral_id))
        story = page.locator("[data-kem-part=story]")
        await expect(story).to_contain_text("Accepted:", timeout=PATIENCE)
        await expect(story).not_to_contain_text("Was given data")
        looking = disclosures.GetDisclosureRequest(request_id=str(uuid4()), referral_id=referral_id)
        await agency.hub.disclosure.GetDisclosure(looking, metadata=agency.member.credentials())
        await expect(story).to_contain_text("Was given data, by the hub: ", timeout=PATIENCE)
        assert await is_still_open(page)
        assert seen.complaints == await seen.findings() == []


async def test_what_is_typed_stays_when_a_colleague_has_told_them_by_telephone(
    eyes: Eyes, agency: PartnerAgency
) -> None:
    [referral_id] = await agency.offered()
    await asks(agency, referral_id, "Is a morning course possible?")
    async with eyes.tab("el", 320, *DESK, agency="KEM") as seen:
        page = await opened(seen, page_of(agency, referral_id))
        answer = page.locator("[name=answer]")
        await answer.fill("Ναι, έως", timeout=PATIENCE)
        await tells_by_telephone(agency, referral_id)
        story = page.locator("[data-kem-part=story]")
        await expect(story).to_contain_text("Έλαβε στοιχεία, με τηλέφωνο: ", timeout=PATIENCE)
        assert await answer.input_value() == "Ναι, έως"
        assert await answer.evaluate("one => one === document.activeElement"), "who writes goes on writing"
        assert await is_still_open(page)
        assert seen.complaints == []


async def test_an_open_case_hears_of_its_referrals(eyes: Eyes, agency: PartnerAgency) -> None:
    [referral_id] = await agency.offered()
    case = page_of(agency, referral_id).partition("/referrals")[0]
    async with eyes.tab("en", 1280, *DESK, agency="KEM") as seen:
        page = await opened(seen, case)
        offer_id = (await agency.seen(referral_id)).offers[-1].offer_id
        await agency.call("AcceptOffer", offer_id=offer_id)
        await page.get_by_text("Accepted: ").first.wait_for(timeout=PATIENCE)
        assert await is_still_open(page)
        assert seen.complaints == []


async def test_an_open_case_hears_of_a_need_that_a_colleague_records_and_follows_it(
    eyes: Eyes, agency: PartnerAgency
) -> None:
    person = await agency.registered()
    async with eyes.tab("en", 1280, *DESK, agency="KEM") as seen:
        page = await opened(seen, f"/desk/people/{person}")
        assert await page.locator("[data-kem-part=referrals] .kem-card").count() == 0
        referral_id = await to_choose(agency, person)
        card = page.locator(f'.kem-card a[href="/desk/people/{person}/referrals/{referral_id}"]')
        await card.wait_for(timeout=PATIENCE)
        ask = rpc.OfferToRequest(
            request_id=str(uuid4()), referral_id=referral_id, service_ids=[agency.service.service_id]
        )
        await agency.permit(person)
        await agency.hub.referral.OfferTo(ask, metadata=agency.desk.credentials())
        await page.get_by_text("Asked: ").first.wait_for(timeout=PATIENCE)
        assert await is_still_open(page)
        assert seen.complaints == await seen.findings() == []


async def test_an_open_case_hears_of_consent_and_of_what_was_given(eyes: Eyes, agency: PartnerAgency) -> None:
    person = await agency.registered()
    async with eyes.tab("el", 320, *DESK, agency="KEM") as seen:
        page = await opened(seen, f"/desk/people/{person}")
        story = page.locator("[data-kem-part=story]")
        await agency.permit(person)
        await expect(story).to_contain_text("Δόθηκε συγκατάθεση", timeout=PATIENCE)
        referral_id = await to_choose(agency, person)
        await tells_by_telephone(agency, referral_id)
        await expect(story).to_contain_text("Έλαβε στοιχεία, με τηλέφωνο: ", timeout=PATIENCE)
        withdrawal = intake.WithdrawConsentRequest(request_id=str(uuid4()), beneficiary_id=person)
        await agency.hub.intake.WithdrawConsent(withdrawal, metadata=agency.desk.credentials())
        await expect(story).to_contain_text("Ανακλήθηκε συγκατάθεση", timeout=PATIENCE)
        await expect(story).to_contain_text("Κλήθηκε να διαγράψει όσα έλαβε", timeout=PATIENCE)
        assert await is_still_open(page)
        assert seen.complaints == await seen.findings() == []
