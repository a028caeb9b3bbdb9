"""Mails that say that something waits: to whoever confirmed an address, as often as they wish."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from chassis.caller import Caller
from kem.common.v1 import common_pb2
from kem.referral.v1 import referral_events_pb2 as facts
from kernel.errors import Unavailable
from kernel.ids import PrincipalId
from services.notifications.adapters.mail_server import MailServerAway
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.adapters.postgres_mail_notices import PostgresMailNotices
from services.notifications.domain.mail_notice import (
    AccountState,
    MailCodeNotRight,
    MailNotice,
    MailPace,
    MailState,
)
from services.notifications.domain.recipient import Inbox
from services.notifications.entrypoints.timers import ClosedAccounts
from services.notifications.use_cases.open_inbox import open_inbox
from services.notifications.use_cases.send_mails import LEASE, Mailing, send_mails
from services.notifications.use_cases.set_mail_notice import (
    SetMailNotice,
    confirm_mail_notice,
    set_mail_notice,
)
from tests.integration.notifications.inboxes import SYSTEM, Notifications, member
from tests.support.mailbox import SENDER, Mailbox, words
from tests.support.referral_facts import incoming, offered

CONSOLE = "https://kem.example"


@dataclass
class Staff:
    """Access as far as mails ask it; the real one answers in tests/component/notifications."""

    states: dict[UUID, AccountState] = field(default_factory=dict)
    is_away: bool = False
    asked: int = 0

    async def account_states(self, principal_ids: Sequence[PrincipalId]) -> dict[PrincipalId, AccountState]:
        self.asked += 1
        if self.is_away:
            raise Unavailable("access is away")
        return {one: self.states[one] for one in principal_ids if one in self.states}


@dataclass
class Office:
    """An agency with its inbox, the mail server, and who knows whose accounts may be used."""

    notifications: Notifications
    box: Mailbox
    staff: Staff
    mailing: Mailing
    agency_id: UUID = field(default_factory=uuid4)
    notices: PostgresMailNotices = field(default_factory=PostgresMailNotices)

    async def set(
        self, caller: Caller, address: str, pace: MailPace = MailPace.AT_ONCE, language: str = "en"
    ) -> MailNotice:
        wish = SetMailNotice(open_inbox(Inbox.AGENCY, caller), address, language, pace, 9)
        async with self.notifications.worker.transaction(caller) as tx:
            return await set_mail_notice(wish, tx, self.notices)

    async def confirm(self, caller: Caller, code: str) -> MailNotice | MailCodeNotRight:
        recipient = open_inbox(Inbox.AGENCY, caller)
        async with self.notifications.worker.transaction(caller) as tx:
            return await confirm_mail_notice(recipient, code, tx, self.notices, PostgresDeliveries())

    async def told(self, address: str, pace: MailPace = MailPace.AT_ONCE, language: str = "en") -> Caller:
        """Somebody who has confirmed their address; what the server has taken by then is forgotten."""
        caller = member(self.agency_id)
        await self.set(caller, address, pace, language)
        await send_mails(self.mailing)
        assert not isinstance(await self.confirm(caller, code_in(self.box, address)), MailCodeNotRight)
        self.box.mails.clear()
        return caller

    async def offer(self, *, urgent: bool = False) -> facts.ReferralOffered:
        fact = offered(self.agency_id)
        fact.urgency = common_pb2.URGENCY_EMERGENCY if urgent else common_pb2.URGENCY_NORMAL
        await self.notifications.take(incoming(fact))
        return fact

    async def forget_closed(self) -> int:
        """As the timer does, with nothing that it remembers."""
        timer = ClosedAccounts(self.notifications.worker, self.notices, self.staff)
        await timer.prepare()
        async with self.notifications.worker.transaction(SYSTEM) as tx:
            return await timer.take(tx)

    def addresses(self) -> list[str]:
        return self.notifications.files.execute(
            "select address from notifications.mail_notice order by address"
        ).split()

    async def notice(self, caller: Caller) -> MailNotice:
        async with self.notifications.worker.transaction(caller) as tx:
            [found] = await self.notices.of(tx, open_inbox(Inbox.AGENCY, caller).agency_id, None)
        return found

    def later(self, **columns: str) -> None:
        """As if so much time had passed."""
        changes = ", ".join(f"{name} = {name} - interval '{span}'" for name, span in columns.items())
        self.notifications.files.execute(f"update notifications.mail_notice set {changes}")


@pytest.fixture
async def office(notifications: Notifications, tmp_path: Path) -> AsyncIterator[Office]:
    box = Mailbox(tmp_path).start()
    staff = Staff()
    yield Office(notifications, box, staff, Mailing(notifications.worker, box.server, staff, CONSOLE))
    box.stop()


def code_in(box: Mailbox, address: str) -> str:
    found = re.search(r"\b\d{8}\b", words(box.to(address)[-1]))
    assert found
    return found[0]


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
        [found] = await office.notices.of(tx, agency_id, PrincipalId(caller.principal_id))
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
