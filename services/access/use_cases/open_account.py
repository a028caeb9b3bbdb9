"""Opens an account for a member of staff."""

from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.ids import AgencyId, PrincipalId, random_id
from services.access.adapters.postgres_accounts import ListedAccount
from services.access.domain.account import Account, new_display_name, new_login
from services.access.domain.roles import roles_of
from services.access.use_cases.keep_accounts import KeepingParts, OneTimeAccess, keeper_of


async def open_account(
    agency_id: AgencyId | None,
    login: str,
    display_name: str,
    roles: list[str],
    one_time: OneTimeAccess,
    caller: Caller,
    tx: Transaction,
    parts: KeepingParts,
) -> ListedAccount:
    """Opens it, with a one-time password.

    Raises:
        NotPermitted: the agency is not the caller's, or a role not theirs to give.
        Invalid: the login, the name or a role is none.
        LoginTaken: choose another one.
    """
    keeper = keeper_of(caller)
    keeper.require_own_agency(agency_id)
    given = roles_of(roles)
    keeper.require_may_give(given)
    now = await tx.now()
    account = Account(
        PrincipalId(random_id()),
        agency_id,
        new_login(login),
        new_display_name(display_name),
        given,
        opened_time=now,
    )
    event = account.open()
    await parts.accounts.add(tx, account)
    await parts.credentials.add(
        tx, account.principal_id, one_time.password_hash, now + parts.one_time_lifetime
    )
    tx.publish(event)
    return await parts.accounts.listed(tx, account)
