"""Where agencies were given much nothing is left out unsaid, and what is asked back presses however old."""

from uuid import uuid4

import asyncpg
import pytest

from kem.intake.v1 import intake_service_pb2 as intake
from kernel.vocabulary import Role
from services.console.entrypoints.pages.desk.given import MOST_LINES
from tests.component.console.test_desk_given import ASKED_BACK, BY_HUB, KEM, WAITS, show
from tests.support.console import ConsoleHub
from tests.support.desk import page_of
from tests.support.pages import Browser
from tests.support.partner_agency import PartnerAgency, make_agency, until

NOT_NOW = "cannot be shown at the moment"
NOT_ALL = "Not all that agencies were given stands here."
SHOWN = 30
MANY = 230
_GIVEN_TO_OTHERS = """
    insert into intake.disclosure select made.*
    from intake.disclosure as one, generate_series(1, $2) as number,
    jsonb_populate_record(one, jsonb_build_object(
        'disclosure_id', gen_random_uuid(), 'request_id', gen_random_uuid(), 'agency_id', gen_random_uuid(),
        'disclosed_time', clock_timestamp(), 'number', number
    )) as made
    where one.disclosure_id = (select disclosure_id from intake.disclosure where referral_id = $1 limit 1)
"""


@pytest.fixture(scope="module")
async def agency(console: ConsoleHub) -> PartnerAgency:
    return await make_agency(console)


async def asked_back(agency: PartnerAgency, lines: int) -> str:
    """A case of which the holder was shown something that is asked back, and so many others have been since;
    answers the referral's page.
    """
    [referral_id] = await agency.held()
    await show(agency, referral_id)
    withdrawal = intake.WithdrawConsentRequest(request_id=str(uuid4()), beneficiary_id=agency.people[-1])
    await agency.hub.intake.WithdrawConsent(withdrawal, metadata=agency.desk.credentials())
    await change(agency.console, _GIVEN_TO_OTHERS, referral_id, lines)
    return page_of(agency, referral_id)


async def change(console: ConsoleHub, statement: str, *values: object) -> None:
    postgres = console.stack.postgres
    connection = await asyncpg.connect(postgres.url(postgres.superuser))
    try:
        await connection.execute(statement, *values)
    finally:
        await connection.close()


async def words_of(browser: Browser, path: str, *, without: str = NOT_NOW) -> str:
    """As the page says it once it is answered in time, which on a busy machine may not be at once."""
    words = ""

    async def is_answered() -> bool:
        nonlocal words
        page = await browser.get(path)
        assert page.code == 200, page.words[:300]
        words = page.words
        return without not in words and NOT_NOW not in words

    await until(is_answered)
    return words


async def test_the_line_of_time_goes_to_its_end_and_the_case_says_what_is_asked_back(
    agency: PartnerAgency,
) -> None:
    here = await asked_back(agency, MANY)
    case = here.partition("/referrals")[0]
    async with agency.console.browser(Role.CASEWORKER, **KEM) as browser:
        places = range(0, MANY + SHOWN, SHOWN)
        story = [await words_of(browser, f"{case}/story?from={place}", without=NOT_ALL) for place in places]
        assert sum(page.count(BY_HUB) for page in story) == MANY + 1
        assert sum(page.count(ASKED_BACK) for page in story) == 1
        on_case = await words_of(browser, case)
        waiting = on_case.partition(WAITS)[2].partition("What has happened")[0]
        assert waiting.count(ASKED_BACK) == 1
        assert "Greek A1 — The person took their consent back: Name" in waiting
        assert "An answer is due by" in waiting
        of_referral = await words_of(browser, here, without=NOT_ALL)
        assert of_referral.count(BY_HUB) == MANY + 1


async def test_whoever_was_given_more_than_a_page_reads_is_told_so(agency: PartnerAgency) -> None:
    here = await asked_back(agency, MOST_LINES + 100)
    case = here.partition("/referrals")[0]
    async with agency.console.browser(Role.CASEWORKER, **KEM) as browser:
        for path in (f"{case}/story", here):
            words = await words_of(browser, path)
            assert BY_HUB in words
            assert NOT_ALL in words, path
