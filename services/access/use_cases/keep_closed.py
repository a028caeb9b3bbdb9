"""Closes accounts again that a restored backup has brought back."""

import asyncio

from chassis.caller import Caller
from chassis.postgres import Database
from services.access.adapters.closed_accounts import ClosedAccounts
from services.access.use_cases.authenticate import SERVICE
from services.access.use_cases.keep_accounts import KeepingParts, keep


async def keep_closed(database: Database, parts: KeepingParts, closed: ClosedAccounts) -> int:
    """Before the first call: answers how many accounts were closed again. Repeat-safe.

    One that was written down and then not closed, because its transaction failed, is closed here as well:
    somebody who may had asked for it. One that was closed before there was a list is written down.
    """
    async with database.transaction(Caller.of_service(SERVICE)) as tx:
        written = closed.read()
        again = await parts.accounts.lock_unclosed(tx, written)
        for principal_id in await parts.accounts.closed_beside(tx, written):
            await asyncio.to_thread(closed.add, principal_id)
        for account in again:
            event = account.close()
            await parts.accounts.unlink(tx, account, None)
            await keep(event, account, tx, parts, ends_sessions=True)
    return len(again)
