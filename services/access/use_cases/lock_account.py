"""Lets nobody use an account for now."""

from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.ids import PrincipalId
from services.access.adapters.postgres_accounts import ListedAccount
from services.access.use_cases.keep_accounts import KeepingParts, keep, lock_for_keeper


async def lock_account(
    principal_id: PrincipalId, caller: Caller, tx: Transaction, parts: KeepingParts
) -> ListedAccount:
    """Locks it and ends its sessions.

    Raises:
        AccountNotFound, NotPermitted: it is none that the caller may change.
        AccountStateForbids: it is not active.
    """
    account = await lock_for_keeper(principal_id, caller, tx, parts)
    return await keep(account.lock(), account, tx, parts, ends_sessions=True)
