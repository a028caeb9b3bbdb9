"""What an agency must destroy, and how it says that it has, at the console."""

import re
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from kem.disclosure.v1 import disclosure_service_pb2 as disclosure
from kem.disclosure.v1 import recall_service_pb2 as recall
from kem.intake.v1 import intake_service_pb2 as intake
from kernel.vocabulary import Role
from tests.support.console import ConsoleHub
from tests.support.pages import Browser, Shown
from tests.support.partner_agency import PartnerAgency, make_agency, until

LIST = "/partner/withdrawals"


@pytest.fixture
async def agency(console: ConsoleHub) -> PartnerAgency:
    return await make_agency(console)


async def recalled(agency: PartnerAgency, times: int = 1) -> str:
    """Somebody was shown to the agency so many times, and takes their consent back; the referral."""
    [referral_id] = await agency.held()
    for _ in range(times):

        async def is_given() -> bool:
            request = disclosure.GetDisclosureRequest(request_id=str(uuid4()), referral_id=referral_id)
            await agency.hub.disclosure.GetDisclosure(request, metadata=agency.member.credentials())
            return True

        await until(is_given)
    await agency.hub.intake.WithdrawConsent(
        intake.WithdrawConsentRequest(request_id=str(uuid4()), beneficiary_id=agency.people[-1]),
        metadata=agency.desk.credentials(),
    )
    return referral_id


async def answer(agency: PartnerAgency, referral_id: str) -> recall.RecallAcknowledgement:
    """What the desk is told."""
    request = recall.ListRecallsRequest(
        view=recall.RECALL_VIEW_SENT, filter=recall.RECALL_FILTER_ALL, page_size=200
    )
    listed = await agency.hub.recall.ListRecalls(request, metadata=agency.desk.credentials())
    [one] = [one for one in listed.recalls if one.referral_id == referral_id]
    found: recall.RecallAcknowledgement = one.acknowledgement
    return found


def fields_of(page: Shown, referral_id: str) -> dict[str, list[str]]:
    """The form of the recall that is about a referral; there is one on the page."""
    assert referral_id in page.words
    found: dict[str, list[str]] = {}
    for name, value in page.form("recall_id").fields:
        found.setdefault(name, []).append(value)
    return found


async def sent(browser: Browser, page: Shown, referral_id: str, **answers: str | list[str]) -> Shown:
    fields: dict[str, str | list[str]] = {**fields_of(page, referral_id), **answers}
    return await browser.post(LIST, fields)


async def test_where_nothing_is_asked_back_the_page_says_so(agency: PartnerAgency) -> None:
    async with agency.browser() as browser:
        assert "Nothing waits for you" in (await browser.get(LIST)).words
        assert "Nothing was ever asked back" in (await browser.get(f"{LIST}?view=all")).words


async def test_what_was_given_is_destroyed_and_that_is_said_once(agency: PartnerAgency) -> None:
    referral_id = await recalled(agency)
    async with agency.browser() as browser:
        page = await browser.get(LIST)
        assert "The person took their consent back" in page.words
        assert "To be answered in 3 days" in page.words
        assert "Once, on" in page.words
        missing = await sent(browser, page, referral_id)
        assert missing.code == 400
        assert "Tick that the rest is destroyed." in missing.words
        assert not (await answer(agency, referral_id)).destroyed_categories
        fields = fields_of(missing, referral_id) | {"destroyed": "yes"}
        for _ in range(2):
            done = await browser.post(LIST, fields)
            assert done.path == f"{LIST}?said=recall-answered"
        said = await answer(agency, referral_id)
        assert "NAME" in said.destroyed_categories
        assert not said.kept_categories
        assert "Nothing waits for you" in done.words
        assert "Destroyed:" in (await browser.get(f"{LIST}?view=all")).words
        # by another form it is too late
        late = await browser.post(LIST, fields | {"request_id": str(uuid4())})
        assert late.code == 400


async def test_what_waits_stands_at_every_page_with_how_soon_until_it_is_answered(
    agency: PartnerAgency,
) -> None:
    first_page = "1 waits Data to destroy The first is due in 3 days."
    async with agency.browser() as browser:
        for path in ("/home", "/partner", "/partner/services"):
            assert "1 waits" not in (await browser.get(path)).words
        referral_id = await recalled(agency)
        partner, home = await browser.get("/partner"), await browser.get("/home")
        assert first_page in partner.words
        assert "Data to destroy 1 waits The first is due in 3 days" in home.words
        for path in ("/home", "/partner", "/partner/held", "/partner/services", "/partner/refer", "/desk"):
            page = await browser.get(path)
            assert mark_of(page) == "1 : 1 waits. The first is due in 3 days", path
        # counted for the page that was read last
        assert (await browser.get("/partner/services")).calls <= 2
        await let_pass(agency, timedelta(hours=74))
        late = await browser.get("/partner")
        assert mark_of(late) == "1 : 1 waits. · 1 overdue"
        assert "1 waits 1 overdue Data to destroy The first was due 2 hours ago." in late.words
        assert "1 overdue" in (await browser.get("/home")).words
        done = await sent(browser, await browser.get(LIST), referral_id, destroyed="yes")
        assert done.path == f"{LIST}?said=recall-answered"
        for path in ("/partner/services", "/partner", "/home"):
            assert mark_of(await browser.get(path)) == "", path


def mark_of(page: Shown) -> str:
    """What stands beside the entry of the navigation."""
    entry = re.search(
        r'<a class="kem-nav__link" href="/partner/withdrawals"[^>]*>(.*?)</a>', page.html, re.DOTALL
    )
    assert entry
    words = " ".join(re.sub(r"<[^>]+>", " ", entry[1]).split())
    return words.removeprefix("Data to destroy").strip()


async def let_pass(agency: PartnerAgency, span: timedelta) -> None:
    """What the agency is asked back it was asked so much earlier."""
    postgres = agency.console.stack.postgres
    connection = await asyncpg.connect(postgres.url(postgres.superuser))
    try:
        await connection.execute(
            "update intake.recall set opened_time = opened_time - $2::interval,"
            " due_time = due_time - $2::interval where agency_id = $1",
            agency.agency_id,
            span,
        )
    finally:
        await connection.close()


async def test_what_must_be_kept_is_kept_on_a_ground(agency: PartnerAgency) -> None:
    referral_id = await recalled(agency)
    async with agency.browser() as browser:
        page = await browser.get(LIST)
        groundless = await sent(browser, page, referral_id, destroyed="yes", kept="NAME", words="")
        assert "Choose on what ground you must keep it." in groundless.words
        assert 'value="NAME" checked' in groundless.html, "what was ticked stays so"
        done = await sent(
            browser,
            page,
            referral_id,
            destroyed="yes",
            kept="NAME",
            kept_ground="LEGAL_OBLIGATION",
            words="The tax office asks for it.",
        )
        assert done.path == f"{LIST}?said=recall-answered"
    said = await answer(agency, referral_id)
    assert (list(said.kept_categories), said.kept_ground) == (["NAME"], "LEGAL_OBLIGATION")
    assert said.words == "The tax office asks for it."


async def test_all_that_was_given_is_listed_where_it_was_given_often(agency: PartnerAgency) -> None:
    await recalled(agency, times=3)
    async with agency.browser() as browser:
        page = await browser.get(LIST)
        assert "3 times, first on" in page.words
        [link] = [one for one in page.links if one.startswith(f"{LIST}/")]
        everything = await browser.get(link)
        assert everything.code == 200
        assert everything.words.count("Name, Languages") == 3


async def test_nobody_answers_for_another_agency(console: ConsoleHub, agency: PartnerAgency) -> None:
    referral_id = await recalled(agency)
    elsewhere = await make_agency(console)
    async with agency.browser() as browser:
        recall_id = fields_of(await browser.get(LIST), referral_id)["recall_id"][0]
    await recalled(elsewhere)
    async with elsewhere.browser() as browser:
        page = await browser.get(LIST)
        assert referral_id not in page.html
        fields = dict(page.form("recall_id").fields)
        refused = await browser.post(LIST, fields | {"recall_id": recall_id, "destroyed": "yes"})
        assert refused.code == 404
        assert (await browser.get(f"{LIST}/{recall_id}")).code == 404
        assert (await browser.get(f"{LIST}/not-an-id")).code == 404
        assert (await browser.post(LIST, fields | {"recall_id": ""})).code == 400
    assert not (await answer(agency, referral_id)).destroyed_categories


@pytest.mark.parametrize("role", [Role.CASEWORKER, Role.DPO, Role.OPERATOR])
async def test_other_roles_are_kept_out(console: ConsoleHub, role: Role) -> None:
    async with console.browser(role, agency="KEM") as browser:
        for path in (LIST, f"{LIST}/{uuid4()}"):
            assert (await browser.get(path)).code == 403
