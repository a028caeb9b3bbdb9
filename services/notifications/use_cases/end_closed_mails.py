"""Deletes the addresses of those whose accounts were closed, also where their inbox has no news to tell."""

from typing import Final
from uuid import UUID

from chassis.postgres import Database
from kernel.ids import PrincipalId
from services.notifications.adapters.postgres_mail_notices import PostgresMailNotices
from services.notifications.domain.mail_notice import AccountState
from services.notifications.use_cases.send_mails import Accounts

PAGE: Final = 200
_FIRST: Final = UUID(int=0)


async def find_closed(
    database: Database, notices: PostgresMailNotices, accounts: Accounts
) -> list[PrincipalId]:
    """Who has a mail notice and no account any more. Outside of any transaction, for it asks access.

    Raises:
        Unavailable: access does not answer.
    """
    closed: list[PrincipalId] = []
    after = _FIRST
    while page := await notices.whose(database.pool, after, PAGE):
        known = await accounts.known_accounts(page)
        closed += [one for one in page if one in known and known[one].state is AccountState.CLOSED]
        after = page[-1]
    return closed
