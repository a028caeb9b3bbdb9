"""`./kem notices`: the texts that people are shown or read before they decide."""

from pathlib import Path
from typing import Annotated

import typer

from kernel.vocabulary import Role

commands = typer.Typer(
    no_args_is_help=True,
    help="Publish and show the notices on which consent rests.",
    epilog="Example: ./kem notices publish deploy/notices/2026-1",
)

SignedIn = Annotated[
    bool,
    typer.Option(
        "--signed-in",
        help="Act as whoever ./kem login signed in, not as this machine's data protection officer.",
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(commands, name="notices")


@commands.command("publish")
def publish(
    folder: Annotated[
        Path, typer.Argument(help="Named by the version; holds terms.toml and one text for each language.")
    ],
    signed_in: SignedIn = False,
) -> None:
    """Publish a notice: from then on consent can be recorded on it. It is never changed afterwards."""
    from tools.notices.office import publish
    from tools.office import at_office

    typer.echo(at_office(lambda office: publish(office, folder), None if signed_in else Role.DPO))


@commands.command("list")
def list_notices(signed_in: SignedIn = False) -> None:
    """Show the notices, the newest first."""
    from tools.notices.office import show_notices
    from tools.office import at_office

    typer.echo(at_office(show_notices, None if signed_in else Role.DPO))


@commands.command("show")
def show(
    version: Annotated[str, typer.Argument(help="Which notice.")],
    language: Annotated[str, typer.Argument(help="el, en, ar, fa, ur or fr.")] = "el",
    signed_in: SignedIn = False,
) -> None:
    """Print a notice, to read it or to read it aloud."""
    from tools.notices.office import show_text
    from tools.office import at_office

    typer.echo(
        at_office(lambda office: show_text(office, version, language), None if signed_in else Role.DPO)
    )
