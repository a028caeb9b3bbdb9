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
