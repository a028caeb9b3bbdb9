"""Lets somebody sign in at an identity provider."""

from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.ids import PrincipalId
from services.access.adapters.postgres_accounts import ListedAccount
from services.access.domain.account import IdentityLinked
from services.access.use_cases.keep_accounts import KeepingParts, keep, lock_for_keeper


async def link_identity(
    principal_id: PrincipalId, issuer: str, subject: str, caller: Caller, tx: Transaction, parts: KeepingParts
) -> ListedAccount:
    """Links the account with the provider's own name for its person. Nobody is ever linked by themselves.

    Raises:
        AccountNotFound, NotPermitted: it is none that the caller may change.
        AccountStateForbids: it is closed.
        Conflict: one of both is linked already.
    """
    account = await lock_for_keeper(principal_id, caller, tx, parts)
    event = account.tell(IdentityLinked)
    await parts.accounts.link(tx, account, issuer, subject)
    return await keep(event, account, tx, parts)
