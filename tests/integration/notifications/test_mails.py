"""Mails that say that something waits: to whoever confirmed an address, as often as they wish."""

import asyncio

import pytest

from kernel.ids import PrincipalId
from services.notifications.adapters.mail_server import MailServerAway
from services.notifications.domain.mail_notice import MailCodeNotRight, MailNotice, MailPace, MailState
from services.notifications.domain.recipient import Inbox
from services.notifications.use_cases.open_inbox import open_inbox
from services.notifications.use_cases.send_mails import LEASE, send_mails
from tests.integration.notifications.inboxes import member
from tests.integration.notifications.mailing import CONSOLE, Office, code_in
from tests.support.mailbox import SENDER, words


async def test_nothing_but_a_code_goes_to_an_address_before_it_is_confirmed(office: Office) -> None:
    caller = member(office.agency_id)
    await office.set(caller, "ann@agency.example", language="el")
    await office.offer()
    assert await send_mails(office.mailing) == 1
    [mail] = office.box.mails
    assert "κωδικός" in mail["Subject"]
    assert await send_mails(office.mailing) == 0, "it is sent once"
    confirmed = await office.confirm(caller, code_in(office.box, "ann@agency.example"))
    assert isinstance(confirmed, MailNotice)
    assert confirmed.state is MailState.ACTIVE
    assert await send_mails(office.mailing) == 0, "what was there before is no news"


async def test_news_are_told_by_number_in_the_reader_s_language_with_no_id_of_anything(
    office: Office,
) -> None:
    await office.told("ann@agency.example", language="el")
    offers = [await office.offer() for _ in range(2)]
    assert await send_mails(office.mailing) == 1
    [mail] = office.box.mails
    text = mail.as_string() + words(mail)
    assert "Νέες προσφορές παραπομπών: 2" in words(mail)
    assert f"{CONSOLE}/partner" in words(mail)
    assert mail["Auto-Submitted"] == "auto-generated"
    for fact in offers:
        for hidden in (fact.offer_id, fact.service_id, fact.agency_id, str(office.agency_id)):
            assert hidden not in text
    assert await send_mails(office.mailing) == 0, "it is told once"


async def test_what_comes_soon_after_waits_and_goes_together(office: Office) -> None:
    await office.told("ann@agency.example")
    await office.offer()
    assert await send_mails(office.mailing) == 1
    await office.offer()
    await office.offer()
    assert await send_mails(office.mailing) == 0
    office.later(next_mail_time="1 minute")
    assert await send_mails(office.mailing) == 1
    assert "New offers of referrals: 2" in words(office.box.mails[-1])


@pytest.mark.parametrize(("pace", "span"), [(MailPace.HOURLY, "1 hour"), (MailPace.DAILY, "1 day")])
async def test_a_digest_waits_for_its_time_and_an_emergency_for_nothing(
    office: Office, pace: MailPace, span: str
) -> None:
    await office.told("ann@agency.example", pace)
    office.later(next_mail_time="1 day")
    await office.offer()
    assert await send_mails(office.mailing) == 1, "the first goes when its time has come"
    await office.offer()
    assert await send_mails(office.mailing) == 0
    await office.offer(urgent=True)
    assert await send_mails(office.mailing) == 1
    assert "urgent" in office.box.mails[-1]["Subject"]
    assert "New offers of referrals: 2" in words(office.box.mails[-1])
    await office.offer()
    assert await send_mails(office.mailing) == 0
    office.later(next_mail_time=span)
    assert await send_mails(office.mailing) == 1


async def test_a_checkpoint_of_the_ledger_is_no_news(office: Office) -> None:
    await office.told("ann@agency.example")
    office.notifications.files.execute(
        "insert into notifications.recipient (recipient_id, inbox, agency_id, last_sequence)"
        " select recipient_id, 'AGENCY', agency_id, 1 from notifications.mail_notice;"
        "insert into notifications.delivery (recipient_id, sequence, delivery_id, agency_id, event_id, kind,"
        " event_time, checkpoint_note) select recipient_id, 1, gen_random_uuid(), agency_id,"
        " gen_random_uuid(),"
        " 'CheckpointGiven', now(), 'note' from notifications.mail_notice"
    )
    assert await send_mails(office.mailing) == 0
    await office.offer()
    assert await send_mails(office.mailing) == 1
    assert "New offers of referrals: 1" in words(office.box.mails[-1])


async def test_while_the_mail_server_is_away_nothing_is_lost_or_counted_against_anybody(
    office: Office,
) -> None:
    caller = await office.told("ann@agency.example")
    await office.offer()
    office.box.stop()
    with pytest.raises(MailServerAway):
        await send_mails(office.mailing)
    assert (await office.notice(caller)).state is MailState.ACTIVE
    office.box.start()
    await office.offer()
    assert await send_mails(office.mailing) == 1
    assert len(office.box.to("ann@agency.example")) == 1


async def test_a_server_that_takes_nothing_from_the_hub_is_counted_against_nobody(office: Office) -> None:
    caller = await office.told("ann@agency.example")
    await office.offer()
    office.box.unwanted.add(SENDER)
    with pytest.raises(MailServerAway):
        await send_mails(office.mailing)
    assert (await office.notice(caller)).state is MailState.ACTIVE
    office.box.unwanted.clear()
    assert await send_mails(office.mailing) == 1


async def test_an_address_that_is_refused_is_tried_again_and_given_up_after_days(office: Office) -> None:
    caller = await office.told("ann@agency.example")
    office.box.refused.add("ann@agency.example")
    await office.told("ben@agency.example")
    await office.offer()
    assert await send_mails(office.mailing) == 2
    assert len(office.box.to("ben@agency.example")) == 1, "nobody else waits for it"
    assert await send_mails(office.mailing) == 0
    office.later(next_try_time="1 hour", failing_since_time="4 days")
    assert await send_mails(office.mailing) == 1
    async with office.notifications.worker.transaction(caller) as tx:
        agency_id = open_inbox(Inbox.AGENCY, caller).agency_id
        [found] = await office.notices.of_member(tx, PrincipalId(caller.principal_id), agency_id)
    assert found.state is MailState.GIVEN_UP
    office.later(next_try_time="1 day")
    assert await send_mails(office.mailing) == 0
    office.box.refused.clear()
    again = await office.set(caller, "ann@agency.example")
    assert again.state is MailState.UNCONFIRMED, "whoever sets it anew shows that it works"


async def test_whoever_dies_after_the_server_took_it_sends_the_same_mail_again(office: Office) -> None:
    await office.told("ann@agency.example")
    await office.offer()
    [lease] = await office.notices.lease(office.notifications.worker.pool, 10, LEASE)
    assert await send_mails(office.mailing) == 0, "it is leased"
    office.later(lease_end_time="1 hour")
    assert await send_mails(office.mailing) == 1
    await office.offer()
    office.notifications.files.execute(
        f"update notifications.mail_notice set told_sequence = {lease.notice.told_sequence},"
        f" sending_sequence = {lease.notice.sending_sequence}"
    )
    assert await send_mails(office.mailing) == 1
    first, second = office.box.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert words(first) == words(second)


async def test_two_workers_send_one_mail(office: Office) -> None:
    await office.told("ann@agency.example")
    await office.offer()
    sent = await asyncio.gather(*(send_mails(office.mailing) for _ in range(4)))
    assert sorted(sent) == [0, 0, 0, 1]
    assert len(office.box.mails) == 1


async def test_a_wrong_code_is_counted_and_after_five_even_the_right_one_counts_no_more(
    office: Office,
) -> None:
    caller = member(office.agency_id)
    await office.set(caller, "ann@agency.example")
    await send_mails(office.mailing)
    code = code_in(office.box, "ann@agency.example")
    wrong = f"{(int(code) + 1) % 10**8:08}"
    for _ in range(5):
        assert isinstance(await office.confirm(caller, wrong), MailCodeNotRight)
    assert isinstance(await office.confirm(caller, code), MailCodeNotRight)
    await office.set(caller, "ann@agency.example")
    await send_mails(office.mailing)
    assert isinstance(await office.confirm(caller, code_in(office.box, "ann@agency.example")), MailNotice)


async def test_another_address_is_confirmed_anew_and_another_pace_is_not(office: Office) -> None:
    caller = await office.told("ann@agency.example")
    assert (await office.set(caller, "ann@agency.example", MailPace.HOURLY)).state is MailState.ACTIVE
    assert (await office.set(caller, "ben@agency.example")).state is MailState.UNCONFIRMED


async def test_who_saves_twice_at_once_has_one_notice(office: Office) -> None:
    caller = member(office.agency_id)
    made = await asyncio.gather(*(office.set(caller, "ann@agency.example") for _ in range(5)))
    assert len({one.mail_notice_id for one in made}) == 1
