"""`./kem staff`: accounts of those who work with the hub."""

from typing import Annotated

import typer

commands = typer.Typer(
    no_args_is_help=True,
    help="Keep the accounts of staff.",
    epilog="Example: ./kem staff add maria --agency UNHCR --role agency_member",
)

Login = Annotated[str, typer.Argument(help="What the person types to sign in.")]
RoleList = Annotated[list[str], typer.Option("--role", help="What they may do; several times for several.")]
SignedIn = Annotated[
    bool,
    typer.Option("--signed-in", help="Act as whoever ./kem login signed in, not as this machine's operator."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(commands, name="staff")


@commands.command("add")
def add(
    login: Login,
    role: RoleList,
    agency: Annotated[
        str | None, typer.Option(help="The agency's code; without it, staff of the hub itself.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What the person is called; asked for without it.")] = None,
    signed_in: SignedIn = False,
    json: AsJson = False,
) -> None:
    """Open an account, and show its one-time password: this once."""
    from tools.staff.office import act, add

    called = name if name is not None else typer.prompt("What is the person called")
    act(lambda office: add(office, login, agency, called, role), signed_in=signed_in, as_json=json)


@commands.command("list")
def list_accounts(
    agency: Annotated[str | None, typer.Option(help="Of this agency only: its code.")] = None,
    signed_in: SignedIn = False,
    json: AsJson = False,
) -> None:
    """Show accounts: who, what they may do, how they are known."""
    from tools.staff.office import act, show_accounts

    act(lambda office: show_accounts(office, agency), signed_in=signed_in, as_json=json)


@commands.command("roles")
def roles(
    login: Annotated[str | None, typer.Argument(help="Whose; without it the table of roles.")] = None,
    role: Annotated[
        list[str] | None, typer.Option("--role", help="Give exactly these from now on; several times.")
    ] = None,
    signed_in: SignedIn = False,
    json: AsJson = False,
) -> None:
    """Show the table of roles, or what somebody may do; with --role, change that."""
    from tools.staff.office import act, change_roles, show_account, show_roles

    if login is None:
        act(show_roles, signed_in=signed_in, as_json=json)
    elif role:
        act(lambda office: change_roles(office, login, role), signed_in=signed_in, as_json=json)
    else:
        act(lambda office: show_account(office, login), signed_in=signed_in, as_json=json)


@commands.command("reset")
def reset(login: Login, signed_in: SignedIn = False, json: AsJson = False) -> None:
    """Make a new one-time password, show it this once, and forget the authenticator."""
    from tools.staff.office import act, reset

    act(lambda office: reset(office, login), signed_in=signed_in, as_json=json)


@commands.command("lock")
def lock(login: Login, signed_in: SignedIn = False, json: AsJson = False) -> None:
    """Let nobody use an account for now. Sessions end at once."""
    from tools.staff.office import act, lock

    act(lambda office: lock(office, login), signed_in=signed_in, as_json=json)


@commands.command("unlock")
def unlock(login: Login, signed_in: SignedIn = False, json: AsJson = False) -> None:
    """Let a locked account be used again."""
    from tools.staff.office import act, unlock

    act(lambda office: unlock(office, login), signed_in=signed_in, as_json=json)


@commands.command("close")
def close(login: Login, signed_in: SignedIn = False, json: AsJson = False) -> None:
    """Close an account for ever. Sessions end at once."""
    from tools.staff.office import act, close

    act(lambda office: close(office, login), signed_in=signed_in, as_json=json)


@commands.command("link")
def link(
    login: Login,
    issuer: Annotated[str, typer.Argument(help="The identity provider: `iss` of its tokens.")],
    subject: Annotated[
        str | None,
        typer.Argument(help="What the provider calls the person: `sub`; asked for without it."),
    ] = None,
    signed_in: SignedIn = False,
    json: AsJson = False,
) -> None:
    """Let somebody sign in at an identity provider."""
    from tools.staff.office import act, link

    called = subject if subject is not None else typer.prompt("What does the provider call the person")
    act(lambda office: link(office, login, issuer, called), signed_in=signed_in, as_json=json)


@commands.command("unlink")
def unlink(
    login: Login,
    issuer: Annotated[str, typer.Argument(help="The identity provider: `iss` of its tokens.")],
    signed_in: SignedIn = False,
    json: AsJson = False,
) -> None:
    """Let somebody sign in at an identity provider no more."""
    from tools.staff.office import act, unlink

    act(lambda office: unlink(office, login, issuer), signed_in=signed_in, as_json=json)
