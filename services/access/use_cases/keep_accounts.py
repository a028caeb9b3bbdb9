"""What the verbs of those who keep accounts share."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.ids import AgencyId, PrincipalId
from kernel.vocabulary import Role
from services.access.adapters.password_hasher import PasswordHasher
from services.access.adapters.postgres_accounts import ListedAccount, PostgresAccounts
from services.access.adapters.postgres_credentials import PostgresCredentials
from services.access.adapters.postgres_sessions import PostgresSessions
from services.access.adapters.sign_in_key import SignInKey
from services.access.domain.account import Account, AccountEvent
from services.access.domain.keeper import Keeper


@dataclass(frozen=True, slots=True)
class KeepingParts:
    """What the verbs of keeping work with.

    Args:
        one_time_lifetime: for how long a one-time password is good.
        issuers: of the identity providers at which this hub lets people sign in.
    """

    accounts: PostgresAccounts
    credentials: PostgresCredentials
    sessions: PostgresSessions
    hasher: PasswordHasher
    key: SignInKey
    one_time_lifetime: timedelta
    issuers: frozenset[str]


@dataclass(frozen=True, slots=True)
class OneTimeAccess:
    """A one-time password with its hash: made before the transaction, for it takes long."""

    password: str
    password_hash: str


def keeper_of(caller: Caller) -> Keeper:
    """The caller as somebody who keeps accounts."""
    agency_id = AgencyId(caller.agency_id) if caller.agency_id else None
    return Keeper(PrincipalId(caller.principal_id), agency_id, Role.OPERATOR in caller.roles)


async def make_one_time(request_id: UUID, caller: Caller, parts: KeepingParts) -> OneTimeAccess:
    """The one-time password that goes with a caller's request; their repeat makes the same."""
    password = parts.key.one_time_password(caller.principal_id, request_id)
    with parts.hasher.place(is_stranger=False) as place:
        return OneTimeAccess(password, await place.hash(password))


async def lock_for_keeper(
    principal_id: PrincipalId, caller: Caller, tx: Transaction, parts: KeepingParts
) -> Account:
    """The account, held until the commit.

    Raises:
        AccountNotFound: it is none that the caller keeps.
        NotPermitted: it is the caller's own, or has a role that is not theirs to give.
    """
    account = await parts.accounts.lock(tx, principal_id)
    keeper_of(caller).require_may_change(account)
    return account


async def keep(
    event: AccountEvent,
    account: Account,
    tx: Transaction,
    parts: KeepingParts,
    *,
    ends_sessions: bool = False,
) -> ListedAccount:
    """Writes the account back and tells what happened to it."""
    await parts.accounts.save(tx, account, await tx.now())
    if ends_sessions:
        await parts.sessions.end_all(tx, account.principal_id)
    tx.publish(event)
    return await parts.accounts.listed(tx, account)
