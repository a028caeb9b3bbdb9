"""Closes an account for ever."""

import asyncio

from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.ids import PrincipalId
from services.access.adapters.closed_accounts import ClosedAccounts
from services.access.adapters.postgres_accounts import ListedAccount
from services.access.use_cases.keep_accounts import KeepingParts, keep, lock_for_keeper


async def close_account(
    principal_id: PrincipalId, caller: Caller, tx: Transaction, parts: KeepingParts, closed: ClosedAccounts
) -> ListedAccount:
    """Closes it, ends its sessions, forgets what identity providers call its person.

    It is written down outside of the database first, so that no backup opens it again.

    Raises:
        AccountNotFound, NotPermitted: it is none that the caller may change.
        AccountStateForbids: it is closed already.
    """
    account = await lock_for_keeper(principal_id, caller, tx, parts)
    event = account.close()
    await parts.accounts.unlink(tx, account, None)
    await asyncio.to_thread(closed.add, account.principal_id)
    return await keep(event, account, tx, parts, ends_sessions=True)
