"""Accounts of staff, as those keep them who do: an agency's admin its own people's, operators everybody's."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from starlette.responses import Response

from kem.access.v1 import access_service_pb2 as access
from kernel.errors import Conflict, Invalid, NotFound, NotPermitted, RuleBroken
from kernel.vocabulary import Role
from services.console.adapters.names import Names
from services.console.entrypoints.codes import by_name, text_of
from services.console.entrypoints.forms import as_uuid
from services.console.entrypoints.page import NavigationEntry, Page, Visit
from services.console.entrypoints.pages.partner.cards import own_agency
from services.console.entrypoints.refusals import words_for
from services.console.entrypoints.texts import N_
from services.console.entrypoints.words import word

PAGE: Final = 50
STATE_COLOURS: Final = {"ACTIVE": "green", "LOCKED": "yellow", "CLOSED": "grey"}
HUB: Final = "hub"
"""In an operator's form: no agency, but the hub itself."""
_STAFF: Final = "StaffService/"
_AGENCIES: Final = "DirectoryService/ListAgencies"
_BOTH: Final = ("GET", "POST")
_MENDABLE: Final = (Invalid, Conflict, RuleBroken, NotPermitted)
_STEPS: Final = {
    "roles": "ChangeRoles",
    "lock": "LockAccount",
    "unlock": "UnlockAccount",
    "close": "CloseAccount",
    "reset": "ResetCredentials",
}


@dataclass(frozen=True, slots=True)
class AccountPages:
    """The list, one account, and the form that opens one.

    Args:
        path: of the list.
        title: of the list, translated where it is shown.
        keepers: who keeps these accounts.
        of_all: whether of everybody at the hub; else of the reader's own agency.
    """

    names: Names
    path: str
    title: str
    keepers: frozenset[Role]
    order: int
    of_all: bool = False

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses: `new` before whatever an id may be."""
        reads = (_STAFF + "ListAccounts", _STAFF + "ListRoles", *((_AGENCIES,) if self.of_all else ()))
        opens = (_STAFF + "OpenAccount", *reads[1:])
        changes = tuple(_STAFF + method for method in _STEPS.values())
        nav = NavigationEntry(self.title, self.order)
        return (
            Page(self.path, self.list, self.keepers, reads, _BOTH if self.of_all else ("GET",), nav=nav),
            Page(f"{self.path}/new", self.open, self.keepers, opens, _BOTH),
            Page(f"{self.path}/{{principal_id}}", self.account, self.keepers, (*reads, *changes), _BOTH),
        )

    async def list(self, visit: Visit) -> Response:
        """A page of them; an operator's of one agency, or by a login, which is in no address."""
        request = access.ListAccountsRequest(page_size=PAGE, page_token=visit.query("after")[:200])
        agency_id = visit.query("agency") if self.of_all else own_agency(visit)
        login = visit.form.text("login") if self.of_all else ""
        if login:
            request.login = login[:100]
        elif as_uuid(agency_id):
            request.agency_id = agency_id
        listed, roles, agencies = await asyncio.gather(
            visit.ask(visit.hub.staff.ListAccounts, request), _roles(visit), self._agencies(visit)
        )
        return self._render(
            visit,
            "list",
            visit.say(self.title),
            members=sorted(listed.accounts, key=lambda one: (_state(one) == "CLOSED", one.display_name)),
            roles_of=lambda one: ", ".join(roles.get(role, role) for role in one.roles),
            agency_of=lambda one: _agency_name(one, agencies, visit) if self.of_all else "",
            state_of=_state,
            states=_states(visit),
            agency_asked=agency_id,
            agencies=[("", visit.say("Everybody")), *by_name(agencies.items())],
            onward=listed.next_page_token,
        )

    async def open(self, visit: Visit) -> Response:
        """Opens an account. Its one-time password is on the page that answers, and nowhere else."""
        roles, agencies = await asyncio.gather(
            _roles(visit, given_only=not self.of_all), self._agencies(visit)
        )
        form = visit.form
        if visit.is_sent:
            request = self._opening(visit)
            if not visit.errors:
                try:
                    opened = await visit.ask(visit.hub.staff.OpenAccount, request)
                    return self._password(visit, opened)
                except _MENDABLE as error:
                    at = "roles" if error.stable_reason.startswith("ROLE") else "login"
                    visit.errors.add(at, str(words_for(error, visit.language)))
        return self._render(
            visit,
            "new",
            visit.say("Open an account"),
            roles=list(roles.items()),
            chosen=form.all("roles") or ([] if self.of_all else [Role.AGENCY_MEMBER.value]),
            agencies=[
                ("", visit.say("Choose")),
                (HUB, visit.say("The hub itself")),
                *by_name(agencies.items()),
            ],
        )

    def _opening(self, visit: Visit) -> access.OpenAccountRequest:
        form, errors, say = visit.form, visit.errors, visit.say
        login, name, chosen = form.text("login").lower(), form.text("display_name"), form.all("roles")
        agency = form.text("agency") if self.of_all else own_agency(visit)
        if len(login) < 3:
            errors.add("login", say("Choose a login of at least three letters."))
        if not name:
            errors.add("display_name", say("Write what the person is called."))
        if not chosen:
            errors.add("roles", say("Choose at least one role."))
        if agency != HUB and as_uuid(agency) is None:
            errors.add("agency", say("Choose for whom the person works."))
        return access.OpenAccountRequest(
            request_id=form.request_id,
            agency_id=agency if as_uuid(agency) else None,
            login=login[:100],
            display_name=name[:200],
            roles=chosen,
        )

    async def account(self, visit: Visit) -> Response:
        """One account: its roles, and what can be done with it."""
        principal_id = as_uuid(visit.path_value("principal_id"))
        if principal_id is None:
            raise _not_found()
        step = visit.form.text("step")
        if visit.is_sent:
            try:
                done = await self._change(visit, str(principal_id), step)
            except _MENDABLE as error:
                at = "roles" if step == "roles" else ""
                visit.errors.add(at, str(words_for(error, visit.language)))
            else:
                if done is not None:
                    return done
        request = access.ListAccountsRequest(principal_id=str(principal_id))
        if not self.of_all:
            request.agency_id = own_agency(visit)
        found = (await visit.ask(visit.hub.staff.ListAccounts, request)).accounts
        if not found:
            raise _not_found()
        names, given, agencies = await asyncio.gather(
            _roles(visit), _roles(visit, given_only=not self.of_all), self._agencies(visit)
        )
        return self._render(
            visit,
            "account",
            found[0].display_name or visit.say("A closed account"),
            account=found[0],
            agency=_agency_name(found[0], agencies, visit) if self.of_all else "",
            state=_state(found[0]),
            states=_states(visit),
            is_own=str(principal_id) == visit.staff.principal_id,
            role_names=[names.get(role, role) for role in found[0].roles],
            roles=list(given.items()),
            # what was ticked stays where it was not taken
            chosen=visit.form.all("roles") if step == "roles" else list(found[0].roles),
            ids={one: str(uuid4()) for one in _STEPS},
        )

    async def _change(self, visit: Visit, principal_id: str, step: str) -> Response | None:
        """What a form asks for; None where something is to be mended first."""
        staff = visit.hub.staff
        given: dict[str, str] = {"request_id": visit.form.request_id, "principal_id": principal_id}
        if step == "roles":
            roles = visit.form.all("roles")
            if not roles:
                visit.errors.add("roles", visit.say("Choose at least one role."))
                return None
            await visit.ask(staff.ChangeRoles, access.ChangeRolesRequest(**given, roles=roles))
        elif step == "lock":
            await visit.ask(staff.LockAccount, access.LockAccountRequest(**given))
        elif step == "unlock":
            await visit.ask(staff.UnlockAccount, access.UnlockAccountRequest(**given))
        elif step == "close":
            if not visit.form.has("sure"):
                visit.errors.add("sure", visit.say("Tick that you mean it: a closed account stays closed."))
                return None
            await visit.ask(staff.CloseAccount, access.CloseAccountRequest(**given))
        elif step == "reset":
            reset = await visit.ask(staff.ResetCredentials, access.ResetCredentialsRequest(**given))
            return self._password(visit, reset)
        else:
            raise Invalid("The form does not say what is to be done.", reason="FORM_INCOMPLETE")
        return visit.go(f"{self.path}/{principal_id}", f"account-{step}")

    def _password(self, visit: Visit, answer: Any) -> Response:
        """The one-time password, this once: a repeat of the form shows it again, a new look does not."""
        return self._render(
            visit,
            "password",
            visit.say("A password for the first sign-in"),
            account=answer.account,
            password=answer.one_time_password,
        )

    def _render(self, visit: Visit, template: str, title: str, **context: Any) -> Response:
        return visit.render(
            f"accounts/{template}.html",
            title=title,
            code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
            list_path=self.path,
            list_title=visit.say(self.title),
            of_all=self.of_all,
            colours=STATE_COLOURS,
            **context,
        )

    async def _agencies(self, visit: Visit) -> Mapping[str, str]:
        """Their names by id, for an operator."""
        if not self.of_all:
            return {}
        found = await self.names.agencies(visit.staff.metadata)
        return {one: text_of(agency.name, visit.language) for one, agency in found.items()}


def member_pages(names: Names) -> tuple[Page, ...]:
    """Of an agency's own people."""
    keepers = frozenset({Role.AGENCY_ADMIN})
    return AccountPages(names, "/partner/members", N_("Members"), keepers, 25).pages


def account_pages(names: Names) -> tuple[Page, ...]:
    """Of everybody, the hub's own staff too."""
    keepers = frozenset({Role.OPERATOR})
    return AccountPages(names, "/admin/accounts", N_("Accounts"), keepers, 71, of_all=True).pages


async def _roles(visit: Visit, *, given_only: bool = False) -> dict[str, str]:
    """The roles' names; only those that an agency gives to its own where that is asked."""
    listed = await visit.ask(visit.hub.staff.ListRoles, access.ListRolesRequest())
    rows: Iterable[access.RoleDescription] = listed.roles
    return {
        row.role: row.name_el if visit.language == "el" else row.name_en
        for row in rows
        if row.given_by_agencies or not given_only
    }


def _agency_name(account: access.Account, agencies: Mapping[str, str], visit: Visit) -> str:
    if not account.HasField("agency_id"):
        return visit.say("The hub itself")
    return agencies.get(account.agency_id, account.agency_id[:8])


def _state(account: access.Account) -> str:
    return word(access.AccountState, account.state, "ACCOUNT_STATE_")


def _states(visit: Visit) -> dict[str, str]:
    return {"ACTIVE": visit.say("Active"), "LOCKED": visit.say("Locked"), "CLOSED": visit.say("Closed")}


def _not_found() -> NotFound:
    return NotFound("There is no such account among those that you keep.", reason="ACCOUNT_NOT_FOUND")
