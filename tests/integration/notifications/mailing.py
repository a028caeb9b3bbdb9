"""An agency whose members are told by mail, with a real mail server."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from chassis.caller import Caller
from kem.common.v1 import common_pb2
from kem.referral.v1 import referral_events_pb2 as facts
from kernel.errors import Unavailable
from kernel.ids import PrincipalId
from kernel.vocabulary import Role
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.adapters.postgres_mail_codes import PostgresMailCodes
from services.notifications.adapters.postgres_mail_notices import PostgresMailNotices
from services.notifications.domain.mail_notice import (
    AccountState,
    KnownAccount,
    MailCodeNotRight,
    MailNotice,
    MailPace,
)
from services.notifications.domain.recipient import Inbox
from services.notifications.entrypoints.timers import ClosedAccounts
from services.notifications.use_cases.open_inbox import ROLES_OF_OFFICERS, open_inbox
from services.notifications.use_cases.send_mails import Mailing, send_mails
from services.notifications.use_cases.set_mail_notice import (
    SetMailNotice,
    confirm_mail_notice,
    set_mail_notice,
)
from tests.integration.notifications.inboxes import SYSTEM, Notifications, member, officer
from tests.support.mailbox import Mailbox, words
from tests.support.referral_facts import incoming, offered

CONSOLE = "https://kem.example"


@dataclass
class Staff:
    """Access as far as mails ask it; the real one answers in tests/component/notifications."""

    states: dict[UUID, AccountState] = field(default_factory=dict)
    roles: dict[UUID, set[Role]] = field(default_factory=dict)
    is_away: bool = False
    asked: int = 0

    async def known_accounts(self, principal_ids: Sequence[PrincipalId]) -> dict[PrincipalId, KnownAccount]:
        self.asked += 1
        if self.is_away:
            raise Unavailable("access is away")
        return {
            one: KnownAccount(self.states[one], frozenset(self.roles.get(one, ())))
            for one in principal_ids
            if one in self.states
        }


@dataclass
class Office:
    """An agency with its inbox, the mail server, and who knows whose accounts may be used."""

    notifications: Notifications
    box: Mailbox
    staff: Staff
    mailing: Mailing
    agency_id: UUID = field(default_factory=uuid4)
    notices: PostgresMailNotices = field(default_factory=PostgresMailNotices)
    codes: PostgresMailCodes = field(default_factory=PostgresMailCodes)

    async def set(
        self,
        caller: Caller,
        address: str,
        pace: MailPace = MailPace.AT_ONCE,
        language: str = "en",
        inbox: Inbox = Inbox.AGENCY,
    ) -> MailNotice:
        wish = SetMailNotice(open_inbox(inbox, caller), address, language, pace, 9)
        async with self.notifications.worker.transaction(caller) as tx:
            return await set_mail_notice(wish, tx, self.notices, self.codes)

    async def confirm(
        self, caller: Caller, code: str, inbox: Inbox = Inbox.AGENCY
    ) -> MailNotice | MailCodeNotRight:
        recipient = open_inbox(inbox, caller)
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

    async def officer(
        self, inbox: Inbox, address: str, pace: MailPace = MailPace.AT_ONCE, language: str = "en"
    ) -> Caller:
        """An officer of the hub itself who has confirmed their address."""
        caller = officer(ROLES_OF_OFFICERS[inbox])
        await self.set(caller, address, pace, language, inbox)
        await send_mails(self.mailing)
        confirmed = await self.confirm(caller, code_in(self.box, address), inbox)
        assert not isinstance(confirmed, MailCodeNotRight)
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
            [found] = await self.notices.of_member(
                tx, PrincipalId(caller.principal_id), open_inbox(Inbox.AGENCY, caller).agency_id
            )
        return found

    def later(self, **columns: str) -> None:
        """As if so much time had passed."""
        changes = ", ".join(f"{name} = {name} - interval '{span}'" for name, span in columns.items())
        self.notifications.files.execute(f"update notifications.mail_notice set {changes}")


def code_in(box: Mailbox, address: str) -> str:
    found = re.search(r"\b\d{8}\b", words(box.to(address)[-1]))
    assert found
    return found[0]
