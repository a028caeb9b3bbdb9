"""Notices by e-mail on their page: set, confirmed by the code that came, ended; by the admin too."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from kernel.vocabulary import Role
from services.notifications.domain.mail_codes import MOST_FOR_AN_ADDRESS
from tests.integration.chassis.waiting import until
from tests.support.console import ConsoleHub, running_console
from tests.support.mailbox import LOGIN, PASSWORD, SENDER, Mailbox, words

ADDRESS = "ann@agency.example"


@pytest.fixture(scope="module")
async def box(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mailbox]:
    one = Mailbox(tmp_path_factory.mktemp("mails")).start()
    yield one
    one.stop()


@pytest.fixture(scope="module")
async def mailing(box: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ConsoleHub]:
    """A hub that sends mails."""
    password = box.folder / "smtp.password"
    password.write_text(PASSWORD)
    settings = {
        "KEM_NOTIFICATIONS_SMTP_HOST": "127.0.0.1",
        "KEM_NOTIFICATIONS_SMTP_PORT": str(box.port),
        "KEM_NOTIFICATIONS_SMTP_FROM": SENDER,
        "KEM_NOTIFICATIONS_SMTP_LOGIN": LOGIN,
        "KEM_NOTIFICATIONS_SMTP_PASSWORD_FILE": str(password),
        "KEM_NOTIFICATIONS_SMTP_AUTHORITIES_FILE": str(box.authorities_file),
    }
    folder: Path = tmp_path_factory.mktemp("mailing")
    async with running_console(folder, settings_of={"notifications": settings}) as running:
        yield running


async def test_an_address_is_set_confirmed_by_its_code_and_ended(mailing: ConsoleHub, box: Mailbox) -> None:
    async with mailing.browser(Role.CASEWORKER, agency="KEM") as browser:
        assert "/notices" in (await browser.get("/home")).links
        form = await browser.get("/notices")
        assert "sends no mail yet" not in form.words
        page = await browser.send(
            form, "address_DESK", address_DESK="nobody", pace_DESK="DAILY", hour_DESK="7"
        )
        assert page.code == 400
        assert "Type one e-mail address" in page.words
        page = await browser.send(
            form, "address_DESK", address_DESK=ADDRESS, pace_DESK="DAILY", hour_DESK="7"
        )
        assert "Waits for the code" in page.words
        await until(lambda: len(box.to(ADDRESS)) == 1)
        page = await browser.send(page, "code_DESK", code_DESK="123")
        assert page.code == 400
        assert "not the code" in page.words
        code = re.search(r"\d{8}", words(box.to(ADDRESS)[0]))
        assert code
        page = await browser.send(page, "code_DESK", code_DESK=code[0])
        assert "Mails go there" in page.words
        assert "The address is confirmed" in page.words
        page = await browser.send(page, "/notices/remove")
        assert "No more mails go there" in page.words
        assert "Mails go there" not in page.words


async def test_an_agency_s_admin_ends_a_colleague_s_mails_without_seeing_where_they_go(
    mailing: ConsoleHub,
) -> None:
    async with (
        mailing.browser(Role.AGENCY_MEMBER, agency="UNHCR") as member,
        mailing.browser(Role.AGENCY_ADMIN, agency="UNHCR") as admin,
    ):
        assert "Nobody else is told by mail." in (await admin.get("/notices")).words
        form = await member.get("/notices")
        assert "Your colleagues" not in form.words
        page = await member.send(form, "address_AGENCY", address_AGENCY="ben@unhcr.example")
        assert page.code == 200, page.words[:300]
        seen = await admin.get("/notices")
        assert "Sample Person" in seen.words
        assert "ben@unhcr.example" not in seen.html
        page = await admin.send(seen, "whose")
        assert "Nobody else is told by mail." in page.words


async def test_who_asks_for_too_many_codes_is_told_when_to_ask_again(
    mailing: ConsoleHub, box: Mailbox
) -> None:
    stranger = "stranger@elsewhere.example"
    async with mailing.browser(Role.CASEWORKER, agency="KEM") as browser:
        page = await browser.get("/notices")
        for number in range(MOST_FOR_AN_ADDRESS):
            page = await browser.send(page, "address_DESK", address_DESK=stranger, request_id=str(uuid4()))
            assert page.code == 200, number
        refused = await browser.send(page, "address_DESK", address_DESK=stranger, request_id=str(uuid4()))
        assert refused.code == 429
        assert "set it again after" in refused.words
        assert 'href="#address_DESK"' in refused.html
        other = await browser.send(refused, "address_DESK", address_DESK="ben@agency.example")
        assert other.code == 200
    async with mailing.browser(Role.CASEWORKER, agency="KEM", language="el") as browser:
        page = await browser.get("/notices")
        refused = await browser.send(page, "address_DESK", address_DESK=stranger)
        assert "ορίστε την ξανά μετά τις" in refused.words, "whoever asks"
    assert len(box.to(stranger)) <= MOST_FOR_AN_ADDRESS


async def test_a_hub_without_a_mail_server_says_so(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, agency="KEM") as browser:
        assert "This hub sends no mail yet" in (await browser.get("/notices")).words
