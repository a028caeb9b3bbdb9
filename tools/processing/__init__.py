"""`./kem processing`: the record of processing activities (GDPR article 30), as the hub stands now."""

from enum import StrEnum
from typing import Annotated

import typer

from kernel.vocabulary import Role


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
    from tools.office import Office, at_office
    from tools.processing.reading import read_record
    from tools.processing.writing import written

    async def record(office: Office) -> str:
        return written(await read_record(office), language)

    typer.echo(at_office(record, None if signed_in else Role.DPO))
