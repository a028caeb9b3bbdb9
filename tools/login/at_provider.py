"""A person who signs in at an identity provider, in a browser on this machine."""

import os
import sys
import threading
import webbrowser
from typing import Any, Final

import typer

from kem.access.v1 import access_service_pb2 as messages
from tools.hub import Doors, Hub
from tools.login.kept import Kept, Nobody, keep, read_kept
from tools.login.loopback import ANY_PATH, Loopback, ReturnedBrowser
from tools.login.sitting import welcome
from tools.partner.calls import Refused, call
from tools.stack.failure import StackFailure
from tools.stack.layout import Layout

WAIT_SECONDS: Final = 300.0
_NOBODY: Final = Nobody()
_SCREENS: Final = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")


async def providers(layout: Layout) -> list[str]:
    """The identity providers of the running hub, by name.

    Raises:
        StackFailure: the hub does not run.
    """
    hub = Hub(Doors.of(layout))
    try:
        return list((await _listed(hub)).providers)
    except Refused as refusal:
        raise _failure(refusal) from None
    finally:
        await hub.close()


async def _listed(hub: Hub) -> messages.ListProvidersResponse:
    return await call(hub.sign_in.ListProviders, messages.ListProvidersRequest(), _NOBODY)  # type: ignore[no-any-return]  # a call answers anything


async def sign_in_at(layout: Layout, provider: str, wait_seconds: float = WAIT_SECONDS) -> None:
    """Signs somebody in there, and keeps the session.

    Raises:
        StackFailure: the hub does not run, or refuses, in its own words; or nobody comes back in time.
    """
    hub = Hub(Doors.of(layout))
    try:
        path = (await _listed(hub)).loopback_paths.get(provider, ANY_PATH)
        async with Loopback(path) as loopback:
            begin = messages.BeginSignInRequest(provider=provider, redirect_uri=loopback.redirect_uri)
            begun = await call(hub.sign_in.BeginSignIn, begin, _NOBODY)
            loopback.expect(begun.authorization_url)
            _open(loopback, provider, begun.authorization_url)
            returned = await _returned(loopback, provider, wait_seconds)
            finish = messages.FinishSignInRequest(
                state=loopback.state,
                code=returned.code,
                browser_token=begun.browser_token,
                issuer=returned.issuer,
                redirect_uri=loopback.redirect_uri,
            )
            # it works once: a second try could only be refused
            session = (await call(hub.sign_in.FinishSignIn, finish, _NOBODY, tries=1)).session
        keep(layout, Kept(session.session_token, read_kept(layout).device_tokens))
        typer.echo(whose(session, provider))
        issued: Any = await call(
            hub.sign_in.IssueAssertion,
            messages.IssueAssertionRequest(session_token=session.session_token),
            _NOBODY,
        )
    except Refused as refusal:
        raise _failure(refusal, provider) from None
    finally:
        await hub.close()
    if session.withheld_roles:
        typer.echo(f"Your role {', '.join(session.withheld_roles)} asks for a second factor at {provider}.")
    typer.echo(welcome("You are", "without a second factor", session, issued))


def whose(session: messages.Session, provider: str) -> str:
    """Whose session it is: the browser may have known somebody else, and the provider not have asked."""
    return (
        f"{provider} says that you are {session.display_name}, account {session.login}. If you are somebody"
        f" else, that browser is still signed in there as {session.login}: ./kem logout here, sign out at"
        f" {provider} with it, begin again."
    )


def _open(loopback: Loopback, provider: str, page: str) -> None:
    typer.echo(
        f"Sign in at {provider} with a browser on this machine. If none opens, open this address there:"
    )
    typer.echo(f"  {page}")
    if sys.platform == "darwin" or any(os.environ.get(name) for name in _SCREENS):
        # some browsers return when they are closed; nobody waits for that
        address = loopback.lead_to(page)
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


async def _returned(loopback: Loopback, provider: str, wait_seconds: float) -> ReturnedBrowser:
    try:
        returned = await loopback.redirect(wait_seconds)
    except TimeoutError:
        raise StackFailure(
            f"Nobody came back from {provider} within {wait_seconds / 60:.0f} minutes, so nobody was signed"
            f" in. Begin again: ./kem login --provider {provider}",
            1,
        ) from None
    if returned.error or not returned.code:
        raise StackFailure(f"{provider} let nobody in, so nobody was signed in.{_why(returned.error)}", 1)
    return returned


def _why(error: str) -> str:
    """The provider's code, as far as it is one: its words could be anybody's."""
    is_code = error.replace("_", "").isalpha() and error.isascii() and len(error) <= 50
    return f" It says: {error}." if is_code else ""


def _failure(refusal: Refused, provider: str = "") -> StackFailure:
    words = refusal.words
    if refusal.reason == "REDIRECT_NOT_ALLOWED":
        words = (
            "This provider may not send a browser back to a terminal's machine: whoever runs the hub adds"
            f" http://127.0.0.1{ANY_PATH}/{provider} to its redirect_uris, and at the provider."
        )
    return StackFailure(f"{words} ({refusal.reason})", 1)
