"""The `kem` command: finds the code of one subcommand only when that one is called."""

import importlib
import sys
from collections.abc import Iterable
from typing import Any

import typer
from typer.core import TyperGroup

from tools.commands import COMMANDS
from tools.stack.failure import StackFailure


class Subcommands(TyperGroup):
    """Looks a subcommand up by name in `COMMANDS`."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        app = typer.Typer()
        importlib.import_module(COMMANDS[cmd_name]).register(app)
        return typer.main.get_group(app).commands.get(cmd_name)


app = typer.Typer(
    cls=Subcommands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    epilog="Begin with ./kem up, then ./kem demo in a second terminal.",
)


@app.callback()
def kem() -> None:
    """The hub of the Athens Coordination Centre's network: needs reach providers, and the sender knows."""


def main(arguments: Iterable[str] | None = None) -> None:
    """Runs one command; what stops it is said in one sentence on stderr."""
    try:
        app(args=None if arguments is None else list(arguments), prog_name="kem")
    except StackFailure as failure:
        typer.echo(f"kem: {failure.sentence}", err=True)
        sys.exit(failure.exit_code)
    except PermissionError as error:
        typer.echo(f"kem: {error.filename} belongs to another user; run it as that one.", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
