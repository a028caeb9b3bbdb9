"""A person who signs in at a terminal: what is asked, in which order, and what is said."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from getpass import getpass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import typer

from kem.access.v1 import access_service_pb2 as messages
from tools.hub import Doors, Hub
from tools.login.kept import Kept, Nobody, keep, read_kept
from tools.partner.calls import Refused, call
from tools.stack.failure import StackFailure
from tools.stack.layout import Layout
from tools.trace.story import athens

_NOBODY: Final = Nobody()


@dataclass(slots=True)
class _Sitting:
    hub: Hub
    credentials: messages.Credentials

    async def sign_in(self) -> messages.Session:
        """Begins a session."""
        return (await self._by_own_password(self.hub.sign_in.SignIn, messages.SignInRequest)).session  # type: ignore[no-any-return]  # a call answers anything

    async def _by_own_password(self, method: Callable[..., Any], request: Callable[..., Any]) -> Any:
        """The hub's answer; a one-time password is changed on the way."""
        try:
            return await call(method, request(credentials=self.credentials), _NOBODY)
        except Refused as refusal:
            if refusal.reason != "PASSWORD_MUST_BE_CHANGED":
                raise
            typer.echo(refusal.words)
        await self._change_password()
        return await call(method, request(credentials=self.credentials), _NOBODY)

    async def _change_password(self) -> None:
        while True:
            chosen = getpass("Your own password: ")
            if chosen != getpass("Once more: "):
                typer.echo("The two are not the same.")
                continue
            request = messages.ChangePasswordRequest(credentials=self.credentials, new_password=chosen)
            try:
                await call(self.hub.sign_in.ChangePassword, request, _NOBODY)
            except Refused as refusal:
                if refusal.reason != "PASSWORD_TOO_WEAK":
                    raise
                typer.echo(refusal.words)
                continue
            self.credentials.password = chosen
            return

    async def enrol(self) -> messages.Session:
        """Enrols an authenticator; its first code begins the session."""
        begin = self.hub.sign_in.BeginEnrolment
        uri = (await self._by_own_password(begin, messages.BeginEnrolmentRequest)).otpauth_uri
        secret = parse_qs(urlsplit(uri).query)["secret"][0]
        typer.echo("Add this to your authenticator; it is shown this once:")
        typer.echo(f"  {uri}")
        typer.echo(f"  or by hand: {' '.join(secret[at : at + 4] for at in range(0, len(secret), 4))}")
        while True:
            if self.credentials.code:  # each is good once
                self.credentials.code = typer.prompt("The next code of your present authenticator")
            code = typer.prompt("The code that the new one shows")
            confirm = messages.ConfirmEnrolmentRequest(credentials=self.credentials, new_code=code)
            try:
                return (await call(self.hub.sign_in.ConfirmEnrolment, confirm, _NOBODY)).session  # type: ignore[no-any-return]  # a call answers anything
            except Refused as refusal:
                if refusal.reason != "ENROLMENT_NOT_CONFIRMED":
                    raise
                typer.echo(refusal.words)


async def sign_in(layout: Layout, login: str | None, *, enrol: bool) -> None:
    """Signs somebody in, and keeps the session.

    Raises:
        StackFailure: the hub does not run, or refuses, in its own words.
    """
    hub = Hub(Doors.of(layout))
    kept = read_kept(layout)
    name = (login or typer.prompt("Login")).strip().lower()
    try:
        credentials = messages.Credentials(
            login=name, password=getpass("Password: "), device_token=kept.device_tokens.get(name, "")
        )
        credentials.code = typer.prompt(
            "Code of your authenticator (Enter if you have none)", default="", show_default=False
        )
        sitting = _Sitting(hub, credentials)
        if enrol:
            session = await sitting.enrol()
        else:
            session = await sitting.sign_in()
            if session.withheld_roles and not credentials.code:
                typer.echo(f"Your role {', '.join(session.withheld_roles)} asks for a second factor.")
                session = await sitting.enrol()
        keep(layout, Kept(session.session_token, kept.device_tokens | {name: session.device_token}))
        request = messages.IssueAssertionRequest(session_token=session.session_token)
        issued = await call(hub.sign_in.IssueAssertion, request, _NOBODY)
    except Refused as refusal:
        raise StackFailure(f"{refusal.words} ({refusal.reason})", 1) from None
    finally:
        await hub.close()
    typer.echo(welcome(f"{name} is", "by password", session, issued))


async def sign_out(layout: Layout, *, everywhere: bool) -> str:
    """Signs out; answers a sentence.

    Raises:
        StackFailure: nobody is signed in here, or the hub does not run.
    """
    kept = read_kept(layout)
    if not kept.session_token:
        raise StackFailure("Nobody is signed in here.", 1)
    hub = Hub(Doors.of(layout))
    request = messages.SignOutRequest(session_token=kept.session_token, everywhere=everywhere)
    try:
        await call(hub.sign_in.SignOut, request, _NOBODY)
    except Refused as refusal:
        raise StackFailure(f"{refusal.words} ({refusal.reason})", 1) from None
    finally:
        await hub.close()
    keep(layout, Kept("", {} if everywhere else kept.device_tokens))
    return "You are signed out everywhere." if everywhere else "You are signed out."


def welcome(who: str, how: str, session: messages.Session, issued: Any) -> str:
    """Says as what somebody is signed in; `how` where it was without a second factor."""
    known = "with a second factor" if issued.acr == "mfa" else how
    until = athens(session.end_time.ToDatetime(tzinfo=UTC))
    return f"{who} signed in {known} as {', '.join(issued.roles)}, until {until} at the latest."
