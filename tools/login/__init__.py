"""`./kem login`, `./kem logout`: a session of somebody who works with the hub."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(epilog="Example: ./kem login --as petros")(login)
    app.command(epilog="Example: ./kem logout --everywhere")(logout)


def login(
    as_login: Annotated[
        str | None, typer.Option("--as", metavar="LOGIN", help="Asked for without it.")
    ] = None,
    enrol: Annotated[
        bool, typer.Option(help="Also enrol an authenticator, a new one where there is one already.")
    ] = False,
    provider: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Sign in at this identity provider, with a browser."),
    ] = None,
) -> None:
    """Sign in: asks for the password, and for the code of your authenticator. Nothing typed is shown.

    Where the hub has identity providers it asks whether to sign in at one, with a browser on this machine.
    """
    import asyncio
    import sys

    from tools.login.at_provider import providers, sign_in_at
    from tools.login.sitting import sign_in
    from tools.stack.failure import StackFailure
    from tools.stack.layout import DATA, Layout

    if provider and (as_login or enrol):
        raise StackFailure("Who you are is for the identity provider to say: leave --as and --enrol out.", 2)
    if not provider and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise StackFailure(
            "./kem login asks a person: start it in a terminal. Programs sign in over gRPC"
            " (kem.access.v1.SignInService).",
            2,
        )
    layout = Layout(DATA)
    try:
        if not (provider or as_login or enrol) and (known := asyncio.run(providers(layout))):
            provider = _chosen(known)
        if provider:
            asyncio.run(sign_in_at(layout, provider))
        else:
            asyncio.run(sign_in(layout, as_login, enrol=enrol))
    except (KeyboardInterrupt, EOFError):
        raise StackFailure("Nobody was signed in.", 1) from None


def _chosen(known: list[str]) -> str:
    """The provider that somebody chooses; empty for the hub's own password."""
    ways = f"Enter for your password here, or {' or '.join(known)}"
    while True:
        said: str = typer.prompt(f"Where do you sign in? {ways}", default="", show_default=False).strip()
        if not said or said in known:
            return said
        typer.echo(f"{said} is none of them.")


def logout(
    everywhere: Annotated[bool, typer.Option(help="End all of your sessions, wherever they began.")] = False,
) -> None:
    """End the session that ./kem login began."""
    import asyncio

    from tools.login.sitting import sign_out
    from tools.stack.layout import DATA, Layout

    typer.echo(asyncio.run(sign_out(Layout(DATA), everywhere=everywhere)))
