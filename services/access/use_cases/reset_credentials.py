"""Makes a one-time password for somebody who cannot sign in any more, or must not as before."""

from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.ids import PrincipalId
from services.access.adapters.postgres_accounts import ListedAccount
from services.access.domain.account import CredentialsReset
from services.access.use_cases.keep_accounts import KeepingParts, OneTimeAccess, keep, lock_for_keeper


async def reset_credentials(
    principal_id: PrincipalId, one_time: OneTimeAccess, caller: Caller, tx: Transaction, parts: KeepingParts
) -> ListedAccount:
    """Resets password and authenticator, ends all sessions, and knows no device any more.

    Raises:
        AccountNotFound, NotPermitted: it is none that the caller may change.
        AccountStateForbids: it is closed.
    """
    account = await lock_for_keeper(principal_id, caller, tx, parts)
    event = account.tell(CredentialsReset)
    await parts.credentials.reset(
        tx, account.principal_id, one_time.password_hash, await tx.now() + parts.one_time_lifetime
    )
    await parts.sessions.forget_devices(tx, account.principal_id)
    return await keep(event, account, tx, parts, ends_sessions=True)
