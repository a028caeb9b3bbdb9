"""While a service does not answer: pages that can do without it are there, the others say what to do."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest

from kem.intake.v1 import intake_service_pb2 as intake
from kem.intake.v1.beneficiary_pb2 import ORIGIN_KEM_DESK
from kernel.vocabulary import Role
from services.intake.entrypoints.translate_beneficiary import beneficiary_message
from tests.support.console import ConsoleHub, running_console
from tests.support.console_complaints import complained, kept
from tests.support.partner_agency import make_agency
from tests.support.people import invented_person


@pytest.fixture(scope="module")
async def lacking(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ConsoleHub]:
    """A hub in which nobody delivers notifications and nobody keeps the ledger."""
    services = ("intake", "referral", "access", "console")
    async with running_console(tmp_path_factory.mktemp("lacking"), services) as running:
        yield running


@contextmanager
def silent(hub: ConsoleHub, service: str) -> Iterator[None]:
    """The service takes what is sent and says nothing."""
    process = hub.stack.parts[service].process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


async def test_lists_are_read_while_nobody_delivers_and_say_so(
    lacking: ConsoleHub,
) -> None:
    for role, agency, path in (
        (Role.CASEWORKER, "KEM", "/desk"),
        (Role.AGENCY_MEMBER, "UNHCR", "/partner"),
    ):
        async with lacking.browser(role, agency=agency) as browser:
            page = await browser.get(path)
            assert page.code == 200, page.words[:300]
            assert "Not followed at the moment." in page.words
            assert "data-kem-live=" not in page.html


async def test_a_case_is_read_while_colleagues_cannot_be_named(lacking: ConsoleHub) -> None:
    member = await lacking.member(Role.CASEWORKER, agency="KEM")
    worker = lacking.hub.person(member.principal_id, await lacking.agency_id("KEM"), Role.CASEWORKER)
    registered = await lacking.hub.intake.RegisterBeneficiary(
        intake.RegisterBeneficiaryRequest(
            request_id=str(uuid4()),
            beneficiary=beneficiary_message(invented_person()),
            origin=ORIGIN_KEM_DESK,
        ),
        metadata=worker.credentials(),
    )
    async with lacking.browser_of(member) as browser:
        await browser.get("/desk/people")  # from now on the console knows who looks
        with silent(lacking, "access"):
            page = await browser.get(f"/desk/people/{registered.beneficiary_id}")
        assert page.code == 200, page.words[:300]
        assert "Caseworker somebody whose name cannot be read at the moment" in page.words


async def test_a_page_that_needs_what_is_away_offers_to_try_again(lacking: ConsoleHub) -> None:
    async with lacking.browser(Role.AUDITOR) as browser:
        page = await browser.get("/audit/entries?kind=x")
        assert page.code == 503
        assert "/audit/entries?kind=x" in page.links
        assert "Try again" in page.words


async def test_an_answer_that_nobody_took_is_still_there_and_counts_once(lacking: ConsoleHub) -> None:
    complaint_id = await complained(lacking, f"They shouted. {uuid4()}")
    path, answer = f"/complaints/{complaint_id}", {"finding": "UPHELD", "words": f"It was so. {uuid4()}"}
    async with lacking.browser(Role.SAFEGUARDING_OFFICER) as browser:
        page = await browser.get(path)
        with silent(lacking, "intake"):
            back = await browser.send(page, "finding", **answer)
        assert back.code == 503
        assert "What you have written is still here." in back.words
        form = dict(back.form("finding").fields)
        assert {name: form[name] for name in answer} == answer
        assert form["request_id"] == dict(page.form("finding").fields)["request_id"]
        done = await browser.send(back, "finding")
        assert done.path == f"{path}?said=complaint-answered"
        assert answer["words"] in done.words


async def test_a_complaint_that_nobody_took_is_still_there_and_counts_once(lacking: ConsoleHub) -> None:
    words = f"They asked me for money. {uuid4()}"
    async with lacking.browser(Role.CASEWORKER, agency="KEM") as browser:
        page = await browser.get("/complaints/new")
        with silent(lacking, "intake"):
            back = await browser.send(page, "kind", kind="ABUSE", words=words)
        assert back.code == 503
        assert words in back.html
        done = await browser.send(back, "kind")
        assert "The complaint is registered" in done.words, done.words[:300]
    assert (await kept(lacking, words)).anonymous


async def test_whom_a_complaint_by_anybody_is_about_is_not_lost_while_the_list_cannot_be_read(
    lacking: ConsoleHub,
) -> None:
    words, accused = f"Nobody came to the door. {uuid4()}", str(await lacking.agency_id("UNHCR"))
    async with lacking.browser() as browser:
        with silent(lacking, "referral"):
            form = dict((await browser.get("/complaint")).form("words").fields)
            back = await browser.post("/complaint", form | {"agency": accused, "words": words})
            assert dict(back.form("words").fields)["agency"] == accused, "a slip does not lose it either"
            done = await browser.send(back, "words", kind="HELP")
        assert "Your complaint is registered" in done.words, done.words[:300]
    assert (await kept(lacking, words)).accused_agency_id == accused


async def test_a_complaint_by_anybody_that_nobody_took_is_still_there_and_counts_once(
    lacking: ConsoleHub,
) -> None:
    words = f"They laughed. {uuid4()}"
    async with lacking.browser() as browser:
        form = await browser.get("/complaint")
        with silent(lacking, "intake"):
            back = await browser.send(form, "words", kind="TREATMENT", words=words)
        assert (back.code, back.path) == (503, "/complaint")
        assert words in back.html
        done = await browser.send(back, "words")
        assert "Your complaint is registered" in done.words, done.words[:300]
    assert (await kept(lacking, words)).words == words


async def test_an_officer_goes_to_their_lists_while_nobody_counts_them(lacking: ConsoleHub) -> None:
    async with lacking.browser(Role.SAFEGUARDING_OFFICER) as browser:
        assert "cannot be counted" not in (await browser.get("/home")).words
        with silent(lacking, "intake"):
            page = await browser.get("/home")
        assert page.code == 200
        assert "/complaints" in page.links
        assert "How many wait cannot be counted at the moment." in page.words


async def test_a_holder_reports_while_nobody_can_read_the_tries_to_reach_the_person(
    lacking: ConsoleHub,
) -> None:
    agency = await make_agency(lacking)
    [referral_id] = await agency.held()
    path = f"/partner/referrals/{referral_id}"
    async with agency.browser() as browser:
        assert "Tries to reach the person: 0" in (await browser.get(path)).words
        with silent(lacking, "intake"):
            page = await browser.get(path)
            assert page.code == 200, page.words[:300]
            assert "Which tries there were cannot be read at the moment." in page.words
            done = await browser.send(page, "started_date")
            assert done.path == f"{path}?said=service-started"
            assert done.code == 200
    assert await agency.state(referral_id) == "IN_SERVICE"
