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
) -> None:
    """Sign in: asks for the password, and for the code of your authenticator. Nothing typed is shown."""
    import asyncio
    import sys

    from tools.login.sitting import sign_in
    from tools.stack.failure import StackFailure
    from tools.stack.layout import DATA, Layout

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise StackFailure(
            "./kem login asks a person: start it in a terminal. Programs sign in over gRPC"
            " (kem.access.v1.SignInService).",
            2,
        )
    try:
        asyncio.run(sign_in(Layout(DATA), as_login, enrol=enrol))
    except (KeyboardInterrupt, EOFError):
        raise StackFailure("Nobody was signed in.", 1) from None


def logout(
    everywhere: Annotated[bool, typer.Option(help="End all of your sessions, wherever they began.")] = False,
) -> None:
    """End the session that ./kem login began."""
    import asyncio

    from tools.login.sitting import sign_out
    from tools.stack.layout import DATA, Layout

    typer.echo(asyncio.run(sign_out(Layout(DATA), everywhere=everywhere)))
