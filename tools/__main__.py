"""The `kem` command: finds the code of one subcommand only when that one is called."""

import importlib
import importlib.util
import sys
from collections.abc import Iterable
from typing import Any

import typer
from typer.core import TyperGroup

from tools.stack.failure import StackFailure

COMMANDS = {
    "up": "tools.stack.commands",
    "down": "tools.stack.commands",
    "status": "tools.stack.commands",
    "logs": "tools.stack.commands",
    "replay": "tools.stack.commands",
    "demo": "tools.demo",
    "partner": "tools.partner",
    "trace": "tools.trace",
    "check": "tools.check",
    "test": "tools.testing",
}
"""Each module has `register(app: typer.Typer) -> None`, which adds its commands."""


class Subcommands(TyperGroup):
    """Looks a subcommand up by name in `COMMANDS`."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [name for name, module in COMMANDS.items() if importlib.util.find_spec(module)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.list_commands(ctx):
            return None
        app = typer.Typer()
        register = getattr(importlib.import_module(COMMANDS[cmd_name]), "register", None)
        if register is None:
            return None
        register(app)
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


if __name__ == "__main__":
    main()
