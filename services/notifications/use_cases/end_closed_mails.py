"""Deletes the addresses of those whose accounts were closed, or who have lost the roles for which they were
told, also where their inbox has no news to tell.
"""

from typing import Final
from uuid import UUID

from chassis.postgres import Database
from kernel.ids import PrincipalId
from services.notifications.adapters.postgres_mail_notices import PostgresMailNotices
from services.notifications.domain.mail_notice import AccountState
from services.notifications.domain.recipient import Inbox
from services.notifications.use_cases.send_mails import Accounts, state_for

PAGE: Final = 200
_FIRST: Final = UUID(int=0)


async def find_closed(
    database: Database, notices: PostgresMailNotices, accounts: Accounts
) -> list[tuple[PrincipalId, Inbox]]:
    """Who has a mail notice for an inbox that is theirs no more. Outside of any transaction, for it asks
    access.

    Raises:
        Unavailable: access does not answer.
    """
    closed: list[tuple[PrincipalId, Inbox]] = []
    after = _FIRST
    while page := await notices.whose(database.pool, after, PAGE):
        known = await accounts.known_accounts([person for person, _ in page])
        closed += [
            (person, inbox)
            for person, inboxes in page
            for inbox in inboxes
            if person in known and state_for(inbox, known[person]) is AccountState.CLOSED
        ]
        after = page[-1][0]
    return closed
