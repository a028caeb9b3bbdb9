"""What agencies were given stands in a case's line of time and on its referral's page; so do recalls."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import grpc
import pytest

from kem.disclosure.v1 import case_disclosure_service_pb2 as given_rpc
from kem.disclosure.v1 import disclosure_service_pb2 as disclosures
from kem.disclosure.v1 import emergency_service_pb2 as emergency
from kem.disclosure.v1 import recall_service_pb2 as recalls
from kem.intake.v1 import intake_service_pb2 as intake
from kernel.vocabulary import Role
from services.console.entrypoints.rendering import ATHENS
from tests.component.console.test_partner_referral import form_of
from tests.support.console import ConsoleHub
from tests.support.desk import page_of
from tests.support.pages import Browser
from tests.support.partner_agency import PartnerAgency, at, make_agency, opened, until

KEM = {"agency": "KEM"}
BY_HUB = "Was given data, by the hub:"
BY_TELEPHONE = "Was given data, by telephone:"
NOTHING = "Asked for data and was given nothing:"
ASKED_BACK = "Asked to destroy what they were given:"
SAID = "Have said what they destroyed:"
WAITS = "Asked back, and not answered yet"


@pytest.fixture(scope="module")
async def agency(console: ConsoleHub) -> PartnerAgency:
    return await make_agency(console)


async def show(agency: PartnerAgency, referral_id: str) -> None:
    """Somebody of the agency looks at who it is, at the console."""
    async with agency.browser() as browser:
        page = await opened(browser, referral_id)
        shown = await browser.post(page.path, form_of(page, "show"))
        assert shown.code == 200, shown.words[:300]


async def story_of(browser: Browser, path: str) -> str:
    """What has happened, as the page says it."""
    page = await browser.get(path)
    assert page.code == 200, page.words[:300]
    heading = "All that has happened" if path.endswith("/story") else "What has happened"
    return str(page.words.partition(heading)[2])


async def test_what_the_holder_was_shown_is_told_with_its_categories_and_until_when(
    agency: PartnerAgency,
) -> None:
    [referral_id] = await agency.held()
    await show(agency, referral_id)
    await show(agency, referral_id)
    here = page_of(agency, referral_id)
    case = here.partition("/referrals")[0]
    until_day = datetime.now(ATHENS) + timedelta(days=30)
    async with agency.console.browser(Role.CASEWORKER, **KEM) as browser:
        for path in (case, f"{case}/story", here):
            story = await story_of(browser, path)
            assert story.count(BY_HUB) == 1, story
            line = story.partition(BY_HUB)[2]
            assert "Name, Languages and interpretation, Safe way to get in touch" in line
            assert "2 times, the last time on" in line
            assert f"The person permits it until {until_day.day} {until_day:%B} {until_day.year}." in line
            assert "Amna" not in line
        assert story.index(BY_HUB) < story.index("Accepted:")


async def test_a_withdrawal_a_refusal_and_the_agencys_answer_are_told_in_their_order(
    agency: PartnerAgency,
) -> None:
    [referral_id] = await agency.held()
    await show(agency, referral_id)
    here, person = page_of(agency, referral_id), agency.people[-1]
    case = here.partition("/referrals")[0]
    withdrawal = intake.WithdrawConsentRequest(request_id=str(uuid4()), beneficiary_id=person)
    await agency.hub.intake.WithdrawConsent(withdrawal, metadata=agency.desk.credentials())
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await agency.hub.disclosure.GetDisclosure(
            disclosures.GetDisclosureRequest(request_id=str(uuid4()), referral_id=referral_id),
            metadata=agency.member.credentials(),
        )
    assert refusal.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    given = await agency.hub.given.ListCaseDisclosures(
        given_rpc.ListCaseDisclosuresRequest(beneficiary_id=person), metadata=agency.desk.credentials()
    )
    [asked] = [one for line in given.disclosures for one in line.recalls]
    async with agency.console.browser(Role.CASEWORKER, **KEM) as browser:
        story = await story_of(browser, case)
        assert "The person took their consent back: Name" in story.partition(ASKED_BACK)[2]
        assert "An answer is due by" in story
        assert "permits it until" not in story
        assert WAITS in (await browser.get(case)).words
        answer = recalls.AcknowledgeRecallRequest(
            request_id=str(uuid4()),
            recall_id=asked.recall_id,
            destroyed_categories=[one for one in asked.categories if one != "NAME"],
            kept_categories=["NAME"],
            kept_ground="LEGAL_OBLIGATION",
        )
        await agency.hub.recall.AcknowledgeRecall(answer, metadata=agency.member.credentials())
        for path in (f"{case}/story", here):
            story = await story_of(browser, path)
            places = [story.index(words) for words in (SAID, NOTHING, ASKED_BACK, BY_HUB)]
            assert places == sorted(places), story
            assert "Kept: Name." in story.partition(SAID)[2]
            assert "An answer is due by" not in story.partition(ASKED_BACK)[2].partition(BY_HUB)[0]
        assert "Consent was taken back" in await story_of(browser, case)
        assert WAITS not in (await browser.get(case)).words


async def test_what_was_said_on_the_telephone_is_told_with_the_answer(agency: PartnerAgency) -> None:
    [referral_id] = await agency.offered()
    told = emergency.RecordHandoverRequest(
        request_id=str(uuid4()),
        referral_id=referral_id,
        agency_id=str(agency.agency_id),
        told_categories=["NAME", "HEALTH"],
        legal_basis="VITAL_INTEREST",
        circumstances="Nowhere to sleep tonight",
        spoken_to="The one on duty",
        answer=emergency.HANDOVER_ANSWER_NOT_TAKEN,
        happened_time=at(datetime.now(UTC)),
    )
    await agency.hub.emergency.RecordHandover(told, metadata=agency.desk.credentials())
    async with agency.console.browser(Role.CASEWORKER, **KEM) as browser:
        line = (await story_of(browser, page_of(agency, referral_id))).partition(BY_TELEPHONE)[2]
    assert "They do not." in line
    assert "for life or safety" in line
    assert "The one on duty" not in line
    assert "Nowhere to sleep" not in line


@asynccontextmanager
async def nothing_is_told_of_calls(console: ConsoleHub) -> AsyncIterator[None]:
    """Intake does not answer what agencies were given: it waits for what somebody holds. All else goes on."""
    postgres = console.stack.postgres
    connection = await asyncpg.connect(postgres.url(postgres.superuser))
    try:
        async with connection.transaction():
            await connection.execute("lock table intake.handover in access exclusive mode")
            yield
    finally:
        await connection.close()


async def test_no_page_is_lost_while_it_is_not_answered_what_was_given(agency: PartnerAgency) -> None:
    [referral_id] = await agency.held()
    await show(agency, referral_id)
    here = page_of(agency, referral_id)
    case = here.partition("/referrals")[0]
    async with agency.console.browser(Role.CASEWORKER, **KEM) as browser:
        async with nothing_is_told_of_calls(agency.console):
            for path in (case, f"{case}/story", here):
                story = await story_of(browser, path)
                assert "Accepted:" in story
                assert BY_HUB not in story
                assert "cannot be shown at the moment" in story

        async def is_told_again() -> bool:
            story = await story_of(browser, case)
            return BY_HUB in story and "cannot be shown" not in story

        await until(is_told_again)
