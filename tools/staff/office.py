"""Calls of somebody who keeps accounts, and what is said about them."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from rich.markup import escape
from rich.table import Table

from kem.access.v1 import access_service_pb2 as messages
from kernel.vocabulary import Role
from tools.office import PAGE, Answer, Office, at_office, say
from tools.stack.failure import StackFailure


class StaffOffice(Office):
    """Somebody who keeps accounts."""

    async def account(self, login: str) -> messages.Account:
        """The account of this login.

        Raises:
            StackFailure: there is none that they keep.
        """
        found = await self(self.hub.staff.ListAccounts, messages.ListAccountsRequest(login=login))
        if not found.accounts:
            raise StackFailure(f"There is no account {login} among those that you keep.", 2)
        return found.accounts[0]  # type: ignore[no-any-return]  # a call answers anything

    async def about(self, login: str) -> dict[str, str]:
        """The fields by which every change names an account."""
        return {"request_id": str(uuid4()), "principal_id": (await self.account(login)).principal_id}

    async def accounts(self, agency_id: str | None) -> list[messages.Account]:
        """All that they keep, or one agency's."""
        request = messages.ListAccountsRequest(agency_id=agency_id, page_size=PAGE)
        pages = self.pages(self.hub.staff.ListAccounts, request)
        return [account async for page in pages for account in page.accounts]


def act(do: Callable[[StaffOffice], Awaitable[Answer]], *, signed_in: bool, as_json: bool) -> None:
    """Does it at the running hub and says what came of it.

    Args:
        signed_in: as whoever ./kem login signed in; else as the operator of this machine.

    Raises:
        StackFailure: nothing runs, nobody is signed in, or the hub refuses, in its own words.
    """
    role = None if signed_in else Role.OPERATOR
    say(at_office(lambda office: do(StaffOffice(office.hub, office.caller)), role), as_json=as_json)


async def add(office: StaffOffice, login: str, agency: str | None, name: str, roles: list[str]) -> Answer:
    """Opens an account."""
    request = messages.OpenAccountRequest(
        request_id=str(uuid4()),
        agency_id=await office.agency_id(agency) if agency else None,
        login=login,
        display_name=name,
        roles=roles,
    )
    answer = await office(office.hub.staff.OpenAccount, request)
    return _with_password(answer)


async def reset(office: StaffOffice, login: str) -> Answer:
    """Resets password and authenticator."""
    request = messages.ResetCredentialsRequest(**await office.about(login))
    return _with_password(await office(office.hub.staff.ResetCredentials, request))


async def change_roles(office: StaffOffice, login: str, roles: list[str]) -> Answer:
    """Gives exactly these."""
    request = messages.ChangeRolesRequest(**await office.about(login), roles=roles)
    return _one((await office(office.hub.staff.ChangeRoles, request)).account)


async def lock(office: StaffOffice, login: str) -> Answer:
    """Locks an account."""
    request = messages.LockAccountRequest(**await office.about(login))
    return _one((await office(office.hub.staff.LockAccount, request)).account)


async def unlock(office: StaffOffice, login: str) -> Answer:
    """Unlocks it."""
    request = messages.UnlockAccountRequest(**await office.about(login))
    return _one((await office(office.hub.staff.UnlockAccount, request)).account)


async def close(office: StaffOffice, login: str) -> Answer:
    """Closes it for ever."""
    request = messages.CloseAccountRequest(**await office.about(login))
    return _one((await office(office.hub.staff.CloseAccount, request)).account)


async def link(office: StaffOffice, login: str, issuer: str, subject: str) -> Answer:
    """Links an identity."""
    request = messages.LinkIdentityRequest(**await office.about(login), issuer=issuer, subject=subject)
    return _one((await office(office.hub.staff.LinkIdentity, request)).account)


async def unlink(office: StaffOffice, login: str, issuer: str) -> Answer:
    """Unlinks it."""
    request = messages.UnlinkIdentityRequest(**await office.about(login), issuer=issuer)
    return _one((await office(office.hub.staff.UnlinkIdentity, request)).account)


async def show_account(office: StaffOffice, login: str) -> Answer:
    """One account."""
    return _one(await office.account(login))


async def show_accounts(office: StaffOffice, agency: str | None) -> Answer:
    """All that they keep, or one agency's."""
    accounts = await office.accounts(await office.agency_id(agency) if agency else None)
    codes = await office.codes()
    table = Table("login", "name", "agency", "roles", "state", "known by", box=None)
    for one in sorted(accounts, key=lambda account: account.login):
        where = codes.get(one.agency_id, one.agency_id) if one.agency_id else "the hub"
        roles = ", ".join(one.roles)
        table.add_row(escape(one.login), escape(one.display_name), where, roles, _state(one), _known_by(one))
    return Answer([table], {"accounts": [as_dict(one) for one in accounts]})


async def show_roles(office: StaffOffice) -> Answer:
    """The one table of roles."""
    rows = (await office(office.hub.staff.ListRoles, messages.ListRolesRequest())).roles
    table = Table(box=None)
    table.add_column("role", no_wrap=True)
    for heading in ("in Greek", "in English", "may", "given by"):
        table.add_column(heading)
    for row in rows:
        giver = "admin, operator" if row.given_by_agencies else "operator"
        may = f"{row.may}{'; needs a second factor' if row.needs_second_factor else ''}"
        table.add_row(row.role, row.name_el, row.name_en, may, giver)
    names = [field.name for field in messages.RoleDescription.DESCRIPTOR.fields]
    return Answer([table], {"roles": [{name: getattr(row, name) for name in names} for row in rows]})


def as_dict(account: messages.Account) -> dict[str, Any]:
    """An account for a program."""
    return {
        "principal_id": account.principal_id,
        "agency_id": account.agency_id or None,
        "login": account.login,
        "display_name": account.display_name,
        "roles": list(account.roles),
        "state": _state(account).upper(),
        "has_authenticator": account.has_authenticator,
        "must_change_password": account.must_change_password,
        "issuers": list(account.issuers),
    }


def _with_password(answer: Any) -> Answer:
    password = answer.one_time_password
    lines = [
        f"{escape(answer.account.login)} signs in first with the one-time password",
        f"  {password}",
        "shown this once; it is changed at ./kem login, and good for a week.",
    ]
    return Answer(lines, as_dict(answer.account) | {"one_time_password": password})


def _one(account: messages.Account) -> Answer:
    said = f"{account.login}: {', '.join(account.roles)}; {_state(account)}; known by {_known_by(account)}."
    return Answer([escape(said)], as_dict(account))


def _state(account: messages.Account) -> str:
    return messages.AccountState.Name(account.state).removeprefix("ACCOUNT_STATE_").lower()


def _known_by(account: messages.Account) -> str:
    password = "one-time password" if account.must_change_password else "password"
    ways = [password, *(["authenticator"] if account.has_authenticator else []), *account.issuers]
    return escape(", ".join(ways))
