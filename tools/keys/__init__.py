"""`./kem keys`: the vault's keys, for an operator at the running hub."""

from typing import Annotated

import typer

commands = typer.Typer(
    no_args_is_help=True,
    help="Roll the vault's keys, which makes erasures final.",
    epilog="Example: ./kem keys status",
)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(commands, name="keys")


@commands.command("status")
def show(json: AsJson = False) -> None:
    """Show how the keys stand, how far a roll is, and whose erasure waits for the next one."""
    from tools.keys.office import act, standing

    act(standing, as_json=json)


@commands.command("roll")
def roll(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
    patience_seconds: Annotated[
        float, typer.Option("--patience", help="Seconds to wait while nothing gets on.")
    ] = 120,
    json: AsJson = False,
) -> None:
    """Wrap every person's keys anew and destroy the older key: no older backup can be opened afterwards.

    The hub does it beside its work, and goes on with it whatever ends meanwhile, this command too.
    """
    from tools.keys.office import act, roll_keys
    from tools.said import confirmed

    warning = "Afterwards no backup from before can be opened by anybody; make a new one then."
    confirmed(warning, "Roll the keys?", yes=yes)
    act(lambda office: roll_keys(office, patience_seconds), as_json=json)
