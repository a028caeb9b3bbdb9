"""Nobody is told by mail whose account is closed or locked, and nobody's mailbox is filled with codes."""

import asyncio

import pytest

from kernel.errors import Unavailable
from services.notifications.adapters.postgres_deadlines import PostgresDeadlines
from services.notifications.adapters.postgres_retention import PostgresRetention
from services.notifications.domain.mail_codes import MOST_FOR_AN_ADDRESS, MOST_OF_A_MEMBER, TooManyMailCodes
from services.notifications.domain.mail_notice import AccountState, MailNotice, MailPace, MailState
from services.notifications.entrypoints.timers import ClosedAccounts, Retention
from services.notifications.use_cases.send_mails import send_mails
from tests.integration.notifications.inboxes import SYSTEM, member
from tests.integration.notifications.mailing import Office, code_in
from tests.support.mailbox import words


async def test_no_mail_goes_to_a_closed_account_and_its_address_is_forgotten(office: Office) -> None:
    ann, ben = await office.told("ann@agency.example"), await office.told("ben@agency.example")
    office.staff.states = {ann.principal_id: AccountState.CLOSED, ben.principal_id: AccountState.ACTIVE}
    await office.offer()
    assert await send_mails(office.mailing) == 1
    assert [mail["To"] for mail in office.box.mails] == ["ben@agency.example"]
    assert office.addresses() == ["ben@agency.example"]
    assert await send_mails(office.mailing) == 0, "nothing is left of it"


async def test_no_code_goes_to_whoever_asks_in_the_last_minutes_of_a_closed_account(office: Office) -> None:
    caller = member(office.agency_id)
    office.staff.states[caller.principal_id] = AccountState.CLOSED
    await office.set(caller, "ann@agency.example")
    assert await send_mails(office.mailing) == 0
    assert (office.box.mails, office.addresses()) == ([], [])


async def test_mails_to_a_locked_account_wait_until_it_is_unlocked(office: Office) -> None:
    caller = await office.told("ann@agency.example")
    office.staff.states[caller.principal_id] = AccountState.LOCKED
    await office.offer(urgent=True)
    assert await send_mails(office.mailing) == 0
    asked = office.staff.asked
    assert await send_mails(office.mailing) == 0
    assert office.staff.asked == asked, "it is not asked for each second"
    await office.offer()
    office.later(next_try_time="5 minutes")
    assert await send_mails(office.mailing) == 0
    assert (office.box.mails, office.addresses()) == ([], ["ann@agency.example"])
    office.staff.states[caller.principal_id] = AccountState.ACTIVE
    office.later(next_try_time="5 minutes")
    assert await send_mails(office.mailing) == 1
    assert "New offers of referrals: 2" in words(office.box.mails[-1]), "all that came meanwhile"


async def test_while_nobody_can_say_whose_account_is_closed_mails_wait(office: Office) -> None:
    caller = await office.told("ann@agency.example")
    await office.offer()
    office.staff.is_away = True
    with pytest.raises(Unavailable):
        await send_mails(office.mailing)
    assert office.box.mails == []
    assert (await office.notice(caller)).state is MailState.ACTIVE
    office.staff.is_away = False
    assert await send_mails(office.mailing) == 1


async def test_the_address_of_a_closed_account_is_forgotten_without_any_news(office: Office) -> None:
    callers = [await office.told(f"{name}@agency.example") for name in ("ann", "ben", "cleo")]
    ann, ben, _ = (caller.principal_id for caller in callers)
    office.staff.states = {ann: AccountState.CLOSED, ben: AccountState.LOCKED}
    assert await office.forget_closed() == 1
    assert office.addresses() == ["ben@agency.example", "cleo@agency.example"]
    assert await office.forget_closed() == 0


async def test_whose_accounts_are_closed_is_asked_again_after_a_while_only(office: Office) -> None:
    await office.told("ann@agency.example")
    timer = ClosedAccounts(office.notifications.worker, office.notices, office.staff)
    before = office.staff.asked
    office.staff.is_away = True
    with pytest.raises(Unavailable):
        await timer.prepare()
    await timer.prepare()
    assert office.staff.asked == before + 1


async def test_six_codes_a_day_go_to_one_address_whoever_asks_and_however_it_is_written(
    office: Office,
) -> None:
    spellings = ["ann@agency.example", "Ann@Agency.example", "ann+kem@agency.example"]
    for number in range(MOST_FOR_AN_ADDRESS):
        await office.set(member(office.agency_id), spellings[number % 3])
    with pytest.raises(TooManyMailCodes) as refusal:
        await office.set(member(office.agency_id), "ann@agency.example")
    assert refusal.value.stable_reason == "TOO_MANY_MAIL_CODES"
    assert 86_000 < refusal.value.retry_delay_seconds <= 86_400
    assert "set it again in 2" in refusal.value.message, "in some 24 hours"
    await office.set(member(office.agency_id), "ben@agency.example")
    assert len(office.addresses()) == MOST_FOR_AN_ADDRESS + 1, "nothing is kept of what was refused"
    office.notifications.files.execute(
        "update notifications.mail_code set asked_time = asked_time - interval '23 hours 30 minutes'"
    )
    with pytest.raises(TooManyMailCodes, match="in 0 hours and"):
        await office.set(member(office.agency_id), "ann@agency.example")
    office.notifications.files.execute(
        "update notifications.mail_code set asked_time = asked_time - interval '30 minutes'"
    )
    await office.set(member(office.agency_id), "ann@agency.example")


async def test_ten_codes_a_day_go_out_because_of_one_member_to_whatever_addresses(office: Office) -> None:
    caller = member(office.agency_id)
    for number in range(MOST_OF_A_MEMBER):
        await office.set(caller, f"name-{number}@agency.example")
    with pytest.raises(TooManyMailCodes):
        await office.set(caller, "one-more@agency.example")
    assert office.addresses() == [f"name-{MOST_OF_A_MEMBER - 1}@agency.example"]
    await send_mails(office.mailing)
    confirmed = await office.confirm(caller, code_in(office.box, office.addresses()[0]))
    assert isinstance(confirmed, MailNotice), "the last code counts"
    again = await office.set(caller, office.addresses()[0], MailPace.DAILY)
    assert again.pace is MailPace.DAILY, "what sends no code is counted for none"


async def test_of_many_who_ask_for_one_address_at_once_no_more_are_sent_a_code(office: Office) -> None:
    tries = await asyncio.gather(
        *(office.set(member(office.agency_id), "ann@agency.example") for _ in range(MOST_FOR_AN_ADDRESS + 4)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, MailNotice) for one in tries) == MOST_FOR_AN_ADDRESS
    assert sum(isinstance(one, TooManyMailCodes) for one in tries) == 4


async def test_who_asked_for_codes_is_kept_for_a_day_and_without_the_address(office: Office) -> None:
    files = office.notifications.files
    await office.set(member(office.agency_id), "ann@agency.example")
    assert "ann" not in files.execute("select code::text from notifications.mail_code as code")
    files.execute("update notifications.mail_code set asked_time = asked_time - interval '1 day'")
    await office.set(member(office.agency_id), "ben@agency.example")
    async with office.notifications.worker.transaction(SYSTEM) as tx:
        await Retention(PostgresRetention(), office.codes, PostgresDeadlines(), 90).take(tx)
    assert files.execute("select count(*) from notifications.mail_code").strip() == "1"
