"""Gives an account other roles."""

from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.ids import PrincipalId
from services.access.adapters.postgres_accounts import ListedAccount
from services.access.domain.roles import roles_of
from services.access.use_cases.keep_accounts import KeepingParts, keep, keeper_of, lock_for_keeper


async def change_roles(
    principal_id: PrincipalId, roles: list[str], caller: Caller, tx: Transaction, parts: KeepingParts
) -> ListedAccount:
    """Gives it exactly these; the next assertion names them.

    Raises:
        AccountNotFound, NotPermitted: it is none that the caller may change, or a role not theirs to give.
        Invalid: a role is none.
        AccountStateForbids: it is closed.
    """
    account = await lock_for_keeper(principal_id, caller, tx, parts)
    given = roles_of(roles)
    keeper_of(caller).require_may_give(given)
    return await keep(account.change_roles(given), account, tx, parts)
