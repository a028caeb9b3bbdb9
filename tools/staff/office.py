"""Calls of somebody who keeps accounts, and what is said about them."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kem.access.v1 import access_service_pb2 as messages
from kem.directory.v1.directory_service_pb2 import ListAgenciesRequest
from kernel.ids import derived_id
from kernel.vocabulary import Role
from tools.hub import Credentials, Doors, Hub
from tools.login.kept import signed_in_at
from tools.partner.calls import Refused, call
from tools.stack.failure import StackFailure
from tools.stack.layout import DATA, Layout

_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command has to say: lines or a table for a person, an object for a program."""

    shown: Iterable[str | Table]
    object: Any


@dataclass(frozen=True, slots=True)
class Office:
    """Somebody who keeps accounts, at a running hub."""

    hub: Hub
    keeper: Credentials

    async def account(self, login: str) -> messages.Account:
        """The account of this login.

        Raises:
            StackFailure: there is none that they keep.
        """
        found = await call(
            self.hub.staff.ListAccounts, messages.ListAccountsRequest(login=login), self.keeper
        )
        if not found.accounts:
            raise StackFailure(f"There is no account {login} among those that you keep.", 2)
        return found.accounts[0]  # type: ignore[no-any-return]  # a call answers anything

    async def about(self, login: str) -> dict[str, str]:
        """The fields by which every change names an account."""
        return {"request_id": str(uuid4()), "principal_id": (await self.account(login)).principal_id}

    async def agency_id(self, code: str | None) -> str | None:
        """The agency of this code.

        Raises:
            StackFailure: there is none.
        """
        if code is None:
            return None
        request = ListAgenciesRequest(code=code.upper())
        found = await call(self.hub.directory.ListAgencies, request, self.keeper)
        if not found.agencies:
            raise StackFailure(f"No agency has the code {code.upper()}; see the directory.", 2)
        return str(found.agencies[0].agency_id)

    async def codes(self) -> dict[str, str]:
        """Each agency's code by its id."""
        pages = self._pages(self.hub.directory.ListAgencies, ListAgenciesRequest(page_size=_PAGE))
        return {agency.agency_id: agency.code async for page in pages for agency in page.agencies}

    async def accounts(self, agency_id: str | None) -> list[messages.Account]:
        """All that they keep, or one agency's."""
        request = messages.ListAccountsRequest(agency_id=agency_id, page_size=_PAGE)
        pages = self._pages(self.hub.staff.ListAccounts, request)
        return [account async for page in pages for account in page.accounts]

    async def _pages(self, method: Callable[..., Any], request: Any) -> AsyncIterator[Any]:
        while True:
            page = await call(method, request, self.keeper)
            yield page
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token


def act(do: Callable[[Office], Awaitable[Answer]], *, signed_in: bool, as_json: bool) -> None:
    """Does it at the running hub and says what came of it.

    Args:
        signed_in: as whoever ./kem login signed in; else as the operator of this machine.

    Raises:
        StackFailure: nothing runs, nobody is signed in, or the hub refuses, in its own words.
    """
    answer = asyncio.run(_act(do, signed_in))
    if as_json:
        typer.echo(json.dumps(answer.object, indent=2, ensure_ascii=False))
        return
    console = Console(highlight=False, soft_wrap=True)
    for one in answer.shown:
        console.print(one)


async def _act(do: Callable[[Office], Awaitable[Answer]], signed_in: bool) -> Answer:
    layout = Layout(DATA)
    hub = Hub(Doors.of(layout))
    try:
        operator = hub.person(derived_id("staff", "operator"), None, Role.OPERATOR)
        return await do(Office(hub, await signed_in_at(hub, layout) if signed_in else operator))
    except Refused as refusal:
        raise StackFailure(f"{refusal.words} ({refusal.reason})", 1) from None
    finally:
        await hub.close()


async def add(office: Office, login: str, agency: str | None, name: str, roles: list[str]) -> Answer:
    """Opens an account."""
    request = messages.OpenAccountRequest(
        request_id=str(uuid4()),
        agency_id=await office.agency_id(agency),
        login=login,
        display_name=name,
        roles=roles,
    )
    answer = await call(office.hub.staff.OpenAccount, request, office.keeper)
    return _with_password(answer)


async def reset(office: Office, login: str) -> Answer:
    """Resets password and authenticator."""
    request = messages.ResetCredentialsRequest(**await office.about(login))
    return _with_password(await call(office.hub.staff.ResetCredentials, request, office.keeper))


async def change_roles(office: Office, login: str, roles: list[str]) -> Answer:
    """Gives exactly these."""
    request = messages.ChangeRolesRequest(**await office.about(login), roles=roles)
    return _one((await call(office.hub.staff.ChangeRoles, request, office.keeper)).account)


async def lock(office: Office, login: str) -> Answer:
    """Locks an account."""
    request = messages.LockAccountRequest(**await office.about(login))
    return _one((await call(office.hub.staff.LockAccount, request, office.keeper)).account)


async def unlock(office: Office, login: str) -> Answer:
    """Unlocks it."""
    request = messages.UnlockAccountRequest(**await office.about(login))
    return _one((await call(office.hub.staff.UnlockAccount, request, office.keeper)).account)


async def close(office: Office, login: str) -> Answer:
    """Closes it for ever."""
    request = messages.CloseAccountRequest(**await office.about(login))
    return _one((await call(office.hub.staff.CloseAccount, request, office.keeper)).account)


async def link(office: Office, login: str, issuer: str, subject: str) -> Answer:
    """Links an identity."""
    request = messages.LinkIdentityRequest(**await office.about(login), issuer=issuer, subject=subject)
    return _one((await call(office.hub.staff.LinkIdentity, request, office.keeper)).account)


async def unlink(office: Office, login: str, issuer: str) -> Answer:
    """Unlinks it."""
    request = messages.UnlinkIdentityRequest(**await office.about(login), issuer=issuer)
    return _one((await call(office.hub.staff.UnlinkIdentity, request, office.keeper)).account)


async def show_account(office: Office, login: str) -> Answer:
    """One account."""
    return _one(await office.account(login))


async def show_accounts(office: Office, agency: str | None) -> Answer:
    """All that they keep, or one agency's."""
    accounts = await office.accounts(await office.agency_id(agency))
    codes = await office.codes()
    table = Table("login", "name", "agency", "roles", "state", "known by", box=None)
    for one in sorted(accounts, key=lambda account: account.login):
        where = codes.get(one.agency_id, one.agency_id) if one.agency_id else "the hub"
        roles = ", ".join(one.roles)
        table.add_row(escape(one.login), escape(one.display_name), where, roles, _state(one), _known_by(one))
    return Answer([table], {"accounts": [as_dict(one) for one in accounts]})


async def show_roles(office: Office) -> Answer:
    """The one table of roles."""
    rows = (await call(office.hub.staff.ListRoles, messages.ListRolesRequest(), office.keeper)).roles
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
