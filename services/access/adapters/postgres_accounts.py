"""Accounts, and what identity providers call their people, in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from chassis.postgres import Transaction
from kernel.errors import Conflict
from kernel.ids import AgencyId, PrincipalId
from kernel.time import utc
from kernel.vocabulary import Role
from services.access.domain.account import Account, AccountNotFound, AccountState, LoginTaken, is_login

_COLUMNS: Final = """
    a.principal_id, a.agency_id, coalesce(a.login, '') as login, a.display_name, a.roles, a.state, a.version,
    a.opened_time
"""

_INSERT: Final = """
    insert into account (principal_id, agency_id, login, display_name, roles, state, version, opened_time)
    values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning true
"""

_SAVE: Final = """
    update account set roles = $2, state = $3, version = $4,
           closed_time = case when $3 = 'CLOSED' then coalesce(closed_time, $5) end
    where principal_id = $1
"""

_READ: Final = f"select {_COLUMNS} from account a where principal_id = $1"  # noqa: S608 - column names only

_LOCK_UNCLOSED: Final = f"""
    select {_COLUMNS} from account a where principal_id = any($1) and state <> 'CLOSED'
    order by principal_id for update
"""  # noqa: S608 - column names only

_CLOSED_BESIDE: Final = """
    select principal_id from account where state = 'CLOSED' and principal_id <> all($1) order by principal_id
"""

_FIND: Final = f"select {_COLUMNS} from account a where login = $1"  # noqa: S608 - column names only

_PAGE: Final = f"""
    select {_COLUMNS}, c.is_one_time, c.authenticator_step is not null as has_authenticator,
           array(select issuer from identity i where i.principal_id = a.principal_id order by 1) as issuers
    from account a join credential c using (principal_id)
    where ($1::uuid is null or a.agency_id = $1) and ($2::text is null or a.login = $2)
      and ($3::uuid is null or a.principal_id > $3) and ($4::uuid is null or a.principal_id = $4)
    order by a.principal_id limit $5
"""  # noqa: S608 - column names only

_NAMED: Final = f"""
    select {_COLUMNS} from account a where principal_id = any($1) order by principal_id
"""  # noqa: S608 - column names only

_COLLEAGUES: Final = f"""
    select {_COLUMNS} from account a
    where agency_id = $1 and state = 'ACTIVE' and ($2::uuid is null or principal_id > $2)
    order by principal_id limit $3
"""  # noqa: S608 - column names only

_LINK: Final = """
    insert into identity (issuer, subject, principal_id) values ($1, $2, $3) on conflict do nothing
    returning true
"""

_LINKED: Final = f"""
    select {_COLUMNS} from account a join identity i using (principal_id)
    where i.issuer = $1 and i.subject = $2
"""  # noqa: S608 - column names only

_FORGET_NAMES: Final = """
    update account set login = null, display_name = '' where principal_id in (
        select principal_id from account where closed_time < $1 and login is not null limit 100
        for update skip locked)
"""


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """An account beside by what its person is known."""

    account: Account
    has_authenticator: bool
    must_change_password: bool
    issuers: tuple[str, ...]


class PostgresAccounts:
    """The tables `account` and `identity`; row-level security shows an agency's admin the own agency's."""

    async def add(self, tx: Transaction, account: Account) -> None:
        """Keeps a new one.

        Raises:
            LoginTaken: somebody has the login.
        """
        added = await tx.connection.fetchval(
            _INSERT,
            account.principal_id,
            account.agency_id,
            account.login,
            account.display_name,
            sorted(account.roles),
            account.state,
            account.version,
            account.opened_time,
        )
        if not added:
            raise LoginTaken

    async def lock(self, tx: Transaction, principal_id: PrincipalId) -> Account:
        """The account, held until the commit.

        Raises:
            AccountNotFound: there is none that the caller may see.
        """
        return await self._read(tx, _READ + " for update", principal_id)

    async def read(self, tx: Transaction, principal_id: PrincipalId) -> Account:
        """The account as it is at this moment.

        Raises:
            AccountNotFound: there is none that the caller may see.
        """
        return await self._read(tx, _READ, principal_id)

    async def _read(self, tx: Transaction, statement: str, principal_id: PrincipalId) -> Account:
        row = await tx.connection.fetchrow(statement, principal_id)
        if row is None:
            raise AccountNotFound
        return _account(row)

    async def save(self, tx: Transaction, account: Account, now: datetime) -> None:
        """Writes a locked one back."""
        await tx.connection.execute(
            _SAVE, account.principal_id, sorted(account.roles), account.state, account.version, now
        )

    async def lock_unclosed(self, tx: Transaction, principal_ids: Sequence[PrincipalId]) -> list[Account]:
        """Those of these accounts that are not closed, held until the commit."""
        return [_account(row) for row in await tx.connection.fetch(_LOCK_UNCLOSED, principal_ids)]

    async def closed_beside(self, tx: Transaction, principal_ids: Sequence[PrincipalId]) -> list[PrincipalId]:
        """Those that are closed and not among these."""
        rows = await tx.connection.fetch(_CLOSED_BESIDE, principal_ids)
        return [PrincipalId(row["principal_id"]) for row in rows]

    async def find(self, tx: Transaction, login: str) -> Account | None:
        """Whoever has this login; nobody has what could be none."""
        row = await tx.connection.fetchrow(_FIND, login if is_login(login) else "")
        return _account(row) if row else None

    async def page(
        self,
        tx: Transaction,
        limit: int,
        *,
        agency_id: AgencyId | None = None,
        login: str | None = None,
        after: PrincipalId | None = None,
        principal_id: PrincipalId | None = None,
    ) -> list[ListedAccount]:
        """Accounts by id."""
        rows = await tx.connection.fetch(_PAGE, agency_id, login, after, principal_id, limit)
        return [_listed(row) for row in rows]

    async def listed(self, tx: Transaction, account: Account) -> ListedAccount:
        """One account as a page shows it; the account as it is in memory."""
        (found,) = await self.page(tx, 1, login=account.login)
        return ListedAccount(account, found.has_authenticator, found.must_change_password, found.issuers)

    async def named(self, tx: Transaction, principal_ids: Sequence[PrincipalId]) -> list[Account]:
        """Those of these accounts that the caller may see, by id."""
        return [_account(row) for row in await tx.connection.fetch(_NAMED, principal_ids)]

    async def colleagues(
        self, tx: Transaction, agency_id: AgencyId, after: PrincipalId | None, limit: int
    ) -> list[Account]:
        """Those who work for the agency and may use their accounts, by id."""
        rows = await tx.connection.fetch(_COLLEAGUES, agency_id, after, limit)
        return [_account(row) for row in rows]

    async def link(self, tx: Transaction, account: Account, issuer: str, subject: str) -> None:
        """Notes what a provider calls the account's person.

        Raises:
            Conflict: IDENTITY_TAKEN, the account has another one there, or the identity another account.
        """
        if not await tx.connection.fetchval(_LINK, issuer, subject, account.principal_id):
            raise Conflict(
                "The account is linked at that provider already, or somebody else's is to that identity.",
                reason="IDENTITY_TAKEN",
            )

    async def unlink(self, tx: Transaction, account: Account, issuer: str | None) -> int:
        """Forgets it; all of the account's where no provider is named. Answers how many there were."""
        done: str = await tx.connection.execute(
            "delete from identity where principal_id = $1 and ($2::text is null or issuer = $2)",
            account.principal_id,
            issuer,
        )
        return int(done.rpartition(" ")[2])

    async def linked(self, tx: Transaction, issuer: str, subject: str) -> Account | None:
        """Whose identity this is."""
        row = await tx.connection.fetchrow(_LINKED, issuer, subject)
        return _account(row) if row else None

    async def forget_names(self, tx: Transaction, closed_before_time: datetime) -> int:
        """Takes login and name out of some accounts that were closed before; answers of how many."""
        done: str = await tx.connection.execute(_FORGET_NAMES, closed_before_time)
        return int(done.rpartition(" ")[2])


def _account(row: asyncpg.Record) -> Account:
    return Account(
        principal_id=PrincipalId(row["principal_id"]),
        agency_id=AgencyId(row["agency_id"]) if row["agency_id"] else None,
        login=row["login"],
        display_name=row["display_name"],
        roles=frozenset(Role(role) for role in row["roles"]),
        opened_time=utc(row["opened_time"]),
        state=AccountState(row["state"]),
        version=int(row["version"]),
    )


def _listed(row: asyncpg.Record) -> ListedAccount:
    return ListedAccount(_account(row), row["has_authenticator"], row["is_one_time"], tuple(row["issuers"]))
