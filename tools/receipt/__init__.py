"""`./kem receipt`: the receipt that a person takes along, for the desk that issues it."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tools.rights.choices import Language

commands = typer.Typer(
    no_args_is_help=True,
    help="Issue, check and withdraw receipts.",
    epilog="Example: ./kem receipt issue 2f0c7e9a-5b7e-4a43-9a55-5d1f6a0c3b21 --form paper",
)


class Form(StrEnum):
    """How a receipt is handed over."""

    PAPER = "paper"
    FILE = "file"
    REFUSED = "refused"


_JSON = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(commands, name="receipt")


@commands.callback()
def receipt() -> None:
    """Issue, check and withdraw receipts."""


@commands.command("issue")
def issue(
    person: Annotated[str, typer.Argument(help="Whose: the person's id.")],
    form: Annotated[Form, typer.Option(help="On paper, as a file, or the person wants none.")] = Form.PAPER,
    into: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="The folder for the PDF; without it, .kem/receipts."),
    ] = None,
    language: Annotated[
        Language | None, typer.Option(help="Of the page; without it, the person's own.")
    ] = None,
    json: _JSON = False,
) -> None:
    """Issue a receipt as a PDF, in place of any that the person has, as whoever has signed in."""
    from tools.receipt.desk import issue

    issue(person, form, into, language, as_json=json)


@commands.command("check")
def check(
    json: _JSON = False,
) -> None:
    """Ask for a code, and say whether KEM issued a receipt of it and it is valid; nothing else."""
    from tools.receipt.desk import check

    check(_typed_code(), as_json=json)


@commands.command("withdraw")
def withdraw(
    person: Annotated[str, typer.Option(help="Whose it is, where the paper is lost: their id.")] = "",
    json: _JSON = False,
) -> None:
    """Make a receipt not valid: by its code, which is asked for, or by whose it is if the paper is lost."""
    from tools.receipt.desk import withdraw

    withdraw("" if person else _typed_code(), person, as_json=json)


def _typed_code() -> str:
    """Typed or scanned, never an argument: whoever lists processes sees those, and the shell keeps them."""
    code: str = typer.prompt("The code as it stands on the paper", err=True)
    return code
