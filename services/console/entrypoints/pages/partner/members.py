"""The agency's own people at the hub: their accounts, as an admin of the agency keeps them."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from starlette.responses import Response

from kem.access.v1 import access_service_pb2 as access
from kernel.errors import Conflict, Invalid, NotFound, NotPermitted, RuleBroken
from kernel.vocabulary import Role
from services.console.entrypoints.forms import as_uuid
from services.console.entrypoints.page import NavigationEntry, Page, Visit
from services.console.entrypoints.pages.partner.cards import own_agency
from services.console.entrypoints.pages.public.texts import N_
from services.console.entrypoints.refusals import words_for
from services.console.entrypoints.words import word

LIST: Final = "/partner/members"
PAGE: Final = 50
ADMINS: Final = frozenset({Role.AGENCY_ADMIN})
_STAFF: Final = "StaffService/"
_BOTH: Final = ("GET", "POST")
_MENDABLE: Final = (Invalid, Conflict, RuleBroken, NotPermitted)
STATE_COLOURS: Final = {"ACTIVE": "green", "LOCKED": "yellow", "CLOSED": "grey"}


async def members(visit: Visit) -> Response:
    """A page of them."""
    request = access.ListAccountsRequest(
        agency_id=own_agency(visit), page_size=PAGE, page_token=visit.query("after")[:200]
    )
    listed = await visit.ask(visit.hub.staff.ListAccounts, request)
    roles = await _roles(visit)
    return visit.render(
        "partner/members.html",
        title=visit.say("Members"),
        members=sorted(listed.accounts, key=lambda one: (_state(one) == "CLOSED", one.display_name)),
        roles_of=lambda one: ", ".join(roles.get(role, role) for role in one.roles),
        state_of=_state,
        states=_states(visit),
        colours=STATE_COLOURS,
        onward=listed.next_page_token,
    )


async def new_member(visit: Visit) -> Response:
    """Opens an account. Its one-time password is on the page that answers, and nowhere else."""
    roles = await _roles(visit, given_only=True)
    form = visit.form
    if visit.is_sent:
        login, name, chosen = form.text("login").lower(), form.text("display_name"), form.all("roles")
        if len(login) < 3:
            visit.errors.add("login", visit.say("Choose a login of at least three letters."))
        if not name:
            visit.errors.add("display_name", visit.say("Write what the person is called."))
        if not chosen:
            visit.errors.add("roles", visit.say("Choose at least one role."))
        if not visit.errors:
            request = access.OpenAccountRequest(
                request_id=form.request_id,
                agency_id=own_agency(visit),
                login=login[:100],
                display_name=name[:200],
                roles=chosen,
            )
            try:
                opened = await visit.ask(visit.hub.staff.OpenAccount, request)
                return _password(visit, opened)
            except _MENDABLE as error:
                at = "roles" if error.stable_reason.startswith("ROLE") else "login"
                visit.errors.add(at, str(words_for(error, visit.language)))
    return visit.render(
        "partner/new_member.html",
        title=visit.say("Open an account"),
        code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
        roles=list(roles.items()),
        chosen=form.all("roles") or [Role.AGENCY_MEMBER.value],
    )


async def member(visit: Visit) -> Response:
    """One account: its roles, and what can be done with it."""
    principal_id = as_uuid(visit.path_value("principal_id"))
    if principal_id is None:
        raise _not_found()
    if visit.is_sent:
        try:
            done = await _change(visit, str(principal_id), visit.form.text("step"))
        except _MENDABLE as error:
            visit.errors.add("", str(words_for(error, visit.language)))
        else:
            if done is not None:
                return done
    request = access.ListAccountsRequest(agency_id=own_agency(visit), principal_id=str(principal_id))
    found = (await visit.ask(visit.hub.staff.ListAccounts, request)).accounts
    if not found:
        raise _not_found()
    roles = await _roles(visit)
    given = await _roles(visit, given_only=True)
    return visit.render(
        "partner/member.html",
        title=found[0].display_name or visit.say("A closed account"),
        code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
        account=found[0],
        state=_state(found[0]),
        states=_states(visit),
        colours=STATE_COLOURS,
        is_own=str(principal_id) == visit.staff.principal_id,
        role_names=[roles.get(role, role) for role in found[0].roles],
        roles=list(given.items()),
        ids={step: str(uuid4()) for step in ("roles", "lock", "unlock", "close", "reset")},
    )


async def _change(visit: Visit, principal_id: str, step: str) -> Response | None:
    """What a form asks for; None where something is to be mended first."""
    staff, request_id = visit.hub.staff, visit.form.request_id
    given: dict[str, str] = {"request_id": request_id, "principal_id": principal_id}
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
        return _password(visit, reset)
    else:
        raise Invalid("The form does not say what is to be done.", reason="FORM_INCOMPLETE")
    return visit.go(f"{LIST}/{principal_id}", f"account-{step}")


def _password(visit: Visit, answer: Any) -> Response:
    """The one-time password, this once: a repeat of the form shows it again, a new look does not."""
    return visit.render(
        "partner/one_time_password.html",
        title=visit.say("A password for the first sign-in"),
        account=answer.account,
        password=answer.one_time_password,
    )


async def _roles(visit: Visit, *, given_only: bool = False) -> dict[str, str]:
    """The roles' names; only those that an agency gives to its own where that is asked."""
    listed = await visit.ask(visit.hub.staff.ListRoles, access.ListRolesRequest())
    rows: Iterable[access.RoleDescription] = listed.roles
    return {
        row.role: row.name_el if visit.language == "el" else row.name_en
        for row in rows
        if row.given_by_agencies or not given_only
    }


def _state(account: access.Account) -> str:
    return word(access.AccountState, account.state, "ACCOUNT_STATE_")


def _states(visit: Visit) -> dict[str, str]:
    return {"ACTIVE": visit.say("Active"), "LOCKED": visit.say("Locked"), "CLOSED": visit.say("Closed")}


def _not_found() -> NotFound:
    return NotFound("There is no such account among those that you keep.", reason="ACCOUNT_NOT_FOUND")


_LIST: Final = (_STAFF + "ListAccounts", _STAFF + "ListRoles")
PAGES: Final = (
    Page(LIST, members, ADMINS, _LIST, nav=NavigationEntry(N_("Members"), 25)),
    Page(f"{LIST}/new", new_member, ADMINS, (_STAFF + "OpenAccount", _STAFF + "ListRoles"), _BOTH),
    Page(
        f"{LIST}/{{principal_id}}",
        member,
        ADMINS,
        (
            *_LIST,
            *(
                _STAFF + method
                for method in (
                    "ChangeRoles",
                    "LockAccount",
                    "UnlockAccount",
                    "CloseAccount",
                    "ResetCredentials",
                )
            ),
        ),
        _BOTH,
    ),
)
