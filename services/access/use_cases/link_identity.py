"""Lets somebody sign in at an identity provider."""

from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.errors import Invalid
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
        Invalid: ISSUER_NOT_KNOWN, no provider of the settings has it: nobody could ever sign in by this link.
        Conflict: one of both is linked already.
    """
    account = await lock_for_keeper(principal_id, caller, tx, parts)
    if issuer not in parts.issuers:
        known = ", ".join(sorted(parts.issuers)) or "none yet"
        raise Invalid(
            f"The hub knows no identity provider of this issuer. Write it to the letter; it knows: {known}.",
            reason="ISSUER_NOT_KNOWN",
        )
    event = account.tell(IdentityLinked)
    await parts.accounts.link(tx, account, issuer, subject)
    return await keep(event, account, tx, parts)
