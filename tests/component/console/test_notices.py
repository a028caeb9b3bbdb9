"""Notices by e-mail on their page: set, confirmed by the code that came, ended; by the admin too."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from kernel.vocabulary import Role
from services.console.entrypoints.pages.desk.roles import DESK
from services.notifications.domain.mail_codes import MOST_FOR_AN_ADDRESS
from tests.integration.chassis.waiting import until
from tests.support.console import ConsoleHub, running_console
from tests.support.console_complaints import complained
from tests.support.mailbox import Mailbox, words
from tests.support.pages import Browser, Shown

ADDRESS = "ann@agency.example"


@pytest.fixture(scope="module")
async def box(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mailbox]:
    one = Mailbox(tmp_path_factory.mktemp("mails")).start()
    yield one
    one.stop()


@pytest.fixture(scope="module")
async def mailing(box: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ConsoleHub]:
    """A hub that sends mails."""
    folder: Path = tmp_path_factory.mktemp("mailing")
    async with running_console(folder, settings_of={"notifications": box.settings}) as running:
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


async def _confirmed(browser: Browser, box: Mailbox, inbox: str, address: str, **chosen: str) -> Shown:
    """Whoever looks is told of that inbox there."""
    typed = {f"{name}_{inbox}": value for name, value in {"address": address, **chosen}.items()}
    page = await browser.send(await browser.get("/notices"), f"address_{inbox}", **typed)
    assert page.path.endswith("said=mail-code"), page.words[:400]
    await until(lambda: len(box.to(address)) == 1)
    code = re.search(r"\d{8}", words(box.to(address)[0]))
    assert code
    return await browser.send(page, f"code_{inbox}", **{f"code_{inbox}": code[0]})


async def test_officers_are_told_in_their_language_that_something_waits_and_not_what(
    mailing: ConsoleHub, box: Mailbox
) -> None:
    dpo, safeguarding = (f"{name}-{uuid4().hex}@kem.example" for name in ("dpo", "safe"))
    async with (
        mailing.browser(Role.DPO) as keeper,
        mailing.browser(Role.SAFEGUARDING_OFFICER) as hearer,
    ):
        assert "/notices" in (await keeper.get("/home")).links
        seen = await keeper.get("/notices")
        assert "What waits for data protection officers" in seen.words
        assert "offered to your agency" not in seen.words
        page = await _confirmed(keeper, box, "DPO", dpo, language="el")
        assert "Mails go there" in page.words
        assert "κωδικός" in str(box.to(dpo)[0]["Subject"])
        await _confirmed(hearer, box, "SAFEGUARDING", safeguarding)
        await complained(mailing, "words that no mail may have", days_ago=1)
        await until(lambda: (len(box.to(dpo)), len(box.to(safeguarding))) == (2, 2))
        told = words(box.to(dpo)[1])
        assert "Νέα που περιμένουν εσάς: 1" in told
        assert f"{mailing.url}/home" in told
        assert "News that waits for you: 1" in words(box.to(safeguarding)[1])
        for mail in (*box.to(dpo), *box.to(safeguarding)):
            said = words(mail) + mail.as_string()
            assert "words that no mail" not in said
            assert "omplain" not in said
        assert "Complaints to answer" in (await hearer.get("/home")).words


async def test_the_language_of_mails_is_the_reader_s_choice_whatever_the_page_speaks(
    mailing: ConsoleHub, box: Mailbox
) -> None:
    address = f"lena-{uuid4().hex}@agency.example"
    async with mailing.browser(Role.SUPERVISOR, agency="KEM", language="el") as browser:
        page = await browser.get("/notices")
        assert _chosen(page, "language_AGENCY") == "el", "at first the page's own"
        page = await browser.send(
            page, "address_AGENCY", address_AGENCY=address, language_AGENCY="fr", request_id=str(uuid4())
        )
        assert (page.code, 'href="#language_AGENCY"' in page.html) == (400, True)
        page = await _confirmed(browser, box, "AGENCY", address, language="en")
        assert "the code for this address" in str(box.to(address)[0]["Subject"])
        assert _chosen(page, "language_AGENCY") == "en", "it stays"
        page = await browser.send(page, "address_AGENCY", pace_AGENCY="HOURLY", language_AGENCY="el")
        assert "Αποθηκεύτηκε." in page.words
        assert "Στάλθηκε κωδικός" not in page.words, "a confirmed address needs none"
        assert _chosen(page, "language_AGENCY") == "el"
        await browser.send(page, "/notices/remove")


def _chosen(page: Shown, name: str) -> str:
    options = re.search(rf'<select[^>]*name="{name}".*?</select>', page.html, re.DOTALL)
    assert options
    [chosen] = re.findall(r'<option value="(\w+)" selected', options[0])
    return str(chosen)


async def test_a_code_that_counts_no_more_is_said_so_and_another_one_is_sent(
    mailing: ConsoleHub, box: Mailbox
) -> None:
    address = f"mia-{uuid4().hex}@agency.example"
    async with mailing.browser(Role.INTAKE_WORKER, agency="KEM") as browser:
        page = await browser.send(await browser.get("/notices"), "address_DESK", address_DESK=address)
        assert "A code was sent to the address" in page.words
        assert "It counts until" in page.words
        await until(lambda: len(box.to(address)) == 1)
        for _ in range(5):
            page = await browser.send(page, "code_DESK", code_DESK="1")
            assert page.code == 400
        assert "The code counts no more" in page.words
        assert "have another code sent" in page.words
        assert 'id="code_DESK"' in page.html, "where the summary of what is wrong leads to"
        assert 'name="code_DESK"' not in page.html
        page = await _confirmed_again(browser, page, box, address)
        assert "Mails go there" in page.words
        await browser.send(page, "/notices/remove")


async def _confirmed_again(browser: Browser, page: Shown, box: Mailbox, address: str) -> Shown:
    page = await browser.send(page, "address_DESK", request_id=str(uuid4()))

    def codes() -> list[str]:
        """Each once: a mail whose taking was not kept comes again."""
        found = [re.findall(r"\d{8}", words(mail))[0] for mail in box.to(address)]
        return list(dict.fromkeys(found))

    await until(lambda: len(codes()) == 2)
    return await browser.send(page, "code_DESK", code_DESK=codes()[1])


async def test_a_hub_without_a_mail_server_says_so_and_asks_for_no_address(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, agency="KEM") as browser:
        page = await browser.get("/notices")
        assert "This hub sends no mail yet" in page.words
        assert "Your e-mail address" not in page.words


@pytest.mark.parametrize("role", sorted(DESK | {Role.DPO, Role.SAFEGUARDING_OFFICER}))
async def test_whoever_mails_may_tell_finds_the_page(console: ConsoleHub, role: Role) -> None:
    async with console.browser(role, agency="KEM" if role in DESK else "") as browser:
        assert "/notices" in (await browser.get("/home")).links
        assert (await browser.get("/notices")).code == 200


@pytest.mark.parametrize(("role", "agency"), [(Role.INTERPRETER, "KEM"), (Role.AUDITOR, "")])
async def test_whom_mails_tell_nothing_is_led_to_no_page_that_is_closed(
    console: ConsoleHub, role: Role, agency: str
) -> None:
    async with console.browser(role, agency=agency) as browser:
        assert "/notices" not in (await browser.get("/home")).links
        assert (await browser.get("/notices")).code == 403


async def test_an_officer_who_acts_for_an_agency_is_told_that_no_mail_tells_them(console: ConsoleHub) -> None:
    async with console.browser(Role.SAFEGUARDING_OFFICER, agency="KEM") as browser:
        page = await browser.get("/notices")
        assert "Nothing is told by mail to officers who act for an agency" in page.words
