"""`./kem rights`: what people ask by right of the hub itself, for the office that answers them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer(
    no_args_is_help=True,
    help="Answer what people ask by right.",
    epilog="Example: ./kem rights export 2f0c7e9a-5b7e-4a43-9a55-5d1f6a0c3b21 --identity document-seen",
)


class Identity(StrEnum):
    """How who asks was told to be who they are."""

    DOCUMENT_SEEN = "document-seen"
    KNOWN_PERSONALLY = "known-personally"
    SAFE_CHANNEL = "safe-channel"


class Language(StrEnum):
    """Languages of person-facing texts."""

    EL = "el"
    EN = "en"
    AR = "ar"
    FA = "fa"
    UR = "ur"
    FR = "fr"


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(commands, name="rights")


@commands.callback()
def rights() -> None:
    """Answer what people ask by right."""


@commands.command("export")
def export(
    request: Annotated[str, typer.Argument(help="The person's request in the register: its id.")],
    identity: Annotated[Identity, typer.Option(help="How you made sure who asks.")],
    into: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="The folder for the two files; without it, .kem/exports."),
    ] = None,
    language: Annotated[
        Language | None, typer.Option(help="Of the page; without it, the person's own.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")] = False,
) -> None:
    """Write what is held about a person into a file and a page to print, as whoever has signed in."""
    from tools.rights.export import export

    export(request, identity, into, language, as_json=json)
