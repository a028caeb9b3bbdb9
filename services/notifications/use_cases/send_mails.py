"""Sends the mails that are due, and keeps what became of them: a few statements, however many there are."""

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol
from uuid import UUID, uuid5

from chassis.caller import Caller
from chassis.postgres import Database
from kernel.ids import PrincipalId
from services.notifications.adapters.mail_server import Mail, MailServer
from services.notifications.adapters.measures import mail_failures, sent_mails
from services.notifications.adapters.postgres_mail_notices import MailLease, PostgresMailNotices
from services.notifications.domain.mail_notice import AccountState, KnownAccount, MailFailure, MailNotice
from services.notifications.domain.mail_text import code_mail, news_mail
from services.notifications.domain.recipient import Inbox
from services.notifications.use_cases.open_inbox import may_be_told

MOST_AT_ONCE: Final = 50
LEASE: Final = timedelta(minutes=5)
_MARGIN_SECONDS: Final = 60.0
"""Before a lease ends nothing is begun under it any more."""
_VOUCHED_FOR: Final = KnownAccount(AccountState.ACTIVE)
_SELF: Final = Caller.of_service("notifications")
_NAMES: Final = UUID("5e0f5c0e-8f5b-4d59-9c55-0c9f7a1f3b52")


class Accounts(Protocol):
    """Who keeps the accounts of staff: access."""

    async def known_accounts(
        self, principal_ids: Sequence[PrincipalId]
    ) -> Mapping[PrincipalId, KnownAccount]:
        """By id, of those who have an account, as it is now.

        Raises:
            Unavailable: they do not answer.
        """


@dataclass(frozen=True, slots=True)
class Mailing:
    """What mails are sent with.

    Args:
        accounts: asked before each lot, so that no mail goes to whoever's account is closed or locked.
        console: where the pages are to which mails lead.
    """

    database: Database
    server: MailServer
    accounts: Accounts
    console: str
    notices: PostgresMailNotices = field(default_factory=PostgresMailNotices)


async def send_mails(mailing: Mailing, most: int = MOST_AT_ONCE) -> int:
    """Hands over what is due, at most so many; answers how many that were.

    Of closed accounts the notice, and with it the address, is deleted, and that of an inbox in which
    somebody's roles have no part any more; of locked ones it waits. A mail server that has taken a mail may
    be handed it again, with the same Message-ID, where this process dies before it has said so: at least
    once, never lost.

    Raises:
        MailServerAway, Unavailable: nothing was sent; the leases are given back.
    """
    leases = await mailing.notices.lease(mailing.database.pool, most, LEASE)
    if not leases:
        return 0
    outcomes: dict[UUID, MailFailure | None] = {}
    known: Mapping[PrincipalId, KnownAccount] = {}
    try:
        known = await mailing.accounts.known_accounts([lease.notice.principal_id for lease in leases])
        going = [lease for lease in leases if _state(lease.notice, known) is AccountState.ACTIVE]
        if going and time.monotonic() + _MARGIN_SECONDS < leases[0].end_seconds:
            sent = await mailing.server.send([_mail(lease, mailing.console) for lease in going])
            outcomes = {lease.lease_id: sent[_mail_id(lease)] for lease in going if _mail_id(lease) in sent}
    finally:
        await _keep(leases, outcomes, known, mailing)
    return len(outcomes)


def state_for(inbox: Inbox, account: KnownAccount) -> AccountState:
    """For an inbox in which their roles have no part any more an account is as good as closed."""
    if account.roles and not may_be_told(inbox, account.roles):
        return AccountState.CLOSED
    return account.state


def _state(notice: MailNotice, known: Mapping[PrincipalId, KnownAccount]) -> AccountState:
    """Whoever has no account at access is vouched for by somebody else, and nothing is known against them."""
    return state_for(notice.recipient.inbox, known.get(notice.principal_id, _VOUCHED_FOR))


async def _keep(
    leases: Sequence[MailLease],
    outcomes: Mapping[UUID, MailFailure | None],
    known: Mapping[PrincipalId, KnownAccount],
    mailing: Mailing,
) -> None:
    """All by one commit; what was not tried is given back as it was."""
    async with mailing.database.transaction(_SELF) as tx:
        held = await mailing.notices.lock_leased(tx, [lease.lease_id for lease in leases])
        now = await tx.now()
        ended = [one for one in held.values() if _state(one, known) is AccountState.CLOSED]
        for lease_id, notice in held.items():
            if _state(notice, known) is AccountState.LOCKED:
                notice.wait(now)
            if lease_id not in outcomes:
                continue
            failure = outcomes[lease_id]
            if failure is None:
                notice.succeed(now)
                sent_mails.add(1)
            else:
                notice.fail(failure, now, random.random())  # noqa: S311 (spreads tries, keeps no secret)
                mail_failures.add(1, {"failure": failure})
        await mailing.notices.save(tx, list(held.values()))
        await mailing.notices.delete(tx, ended)


def _mail_id(lease: MailLease) -> UUID:
    """Of what it says to whom: the same whenever it is sent again."""
    notice = lease.notice
    part = f"code {notice.code_end_time}" if notice.confirmed_time is None else str(notice.sending_sequence)
    return uuid5(_NAMES, f"{notice.mail_notice_id} {part}")


def _mail(lease: MailLease, console: str) -> Mail:
    notice = lease.notice
    if notice.confirmed_time is None:
        text = code_mail(notice.language, notice.code or "")
    else:
        text = news_mail(notice.language, notice.recipient.inbox, lease.news, console)
    return Mail(_mail_id(lease), notice.address, text)
