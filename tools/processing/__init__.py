"""`./kem processing`: the record of processing activities (GDPR article 30), as the hub stands now."""

from enum import StrEnum
from typing import Annotated

import typer


class InLanguage(StrEnum):
    el = "el"
    en = "en"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(epilog="Example: ./kem processing --language el > record-of-processing.md")(processing)


def processing(
    language: Annotated[InLanguage, typer.Option(help="Of the record.")] = InLanguage.en,
    signed_in: Annotated[
        bool,
        typer.Option(
            "--signed-in",
            help="Act as whoever ./kem login signed in, not as this machine's data protection officer.",
        ),
    ] = False,
) -> None:
    """Print the record of processing activities: each purpose with its recipients and categories."""
    from tools.officer import Officer, act
    from tools.processing.reading import read_record
    from tools.processing.writing import written

    async def record(officer: Officer) -> str:
        return written(await read_record(officer), language)

    act(record, signed_in=signed_in)
