"""Lets somebody sign in at an identity provider no more."""

from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.errors import NotFound
from kernel.ids import PrincipalId
from services.access.adapters.postgres_accounts import ListedAccount
from services.access.domain.account import IdentityUnlinked
from services.access.use_cases.keep_accounts import KeepingParts, keep, lock_for_keeper


async def unlink_identity(
    principal_id: PrincipalId, issuer: str, caller: Caller, tx: Transaction, parts: KeepingParts
) -> ListedAccount:
    """Unlinks the account and ends its sessions, of which some may have begun there.

    Raises:
        AccountNotFound, NotPermitted: it is none that the caller may change.
        NotFound: IDENTITY_NOT_FOUND, it is not linked there.
    """
    account = await lock_for_keeper(principal_id, caller, tx, parts)
    event = account.tell(IdentityUnlinked)
    if not await parts.accounts.unlink(tx, account, issuer):
        raise NotFound("The account is not linked at that provider.", reason="IDENTITY_NOT_FOUND")
    return await keep(event, account, tx, parts, ends_sessions=True)
