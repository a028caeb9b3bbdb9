"""`./kem processing`, `./kem impact-assessment`: records of a data protection officer (GDPR 30, 35)."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kernel.vocabulary import Role


class InLanguage(StrEnum):
    el = "el"
    en = "en"


SignedIn = Annotated[
    bool,
    typer.Option(
        "--signed-in",
        help="Act as whoever ./kem login signed in, not as this machine's data protection officer.",
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(epilog="Example: ./kem processing --language el > record-of-processing.md")(processing)
    app.command("impact-assessment", epilog="Example: ./kem impact-assessment ./assessment-2026")(
        impact_assessment
    )


def processing(
    language: Annotated[InLanguage, typer.Option(help="Of the record.")] = InLanguage.en,
    signed_in: SignedIn = False,
) -> None:
    """Print the record of processing activities: each purpose with its recipients and categories."""
    from tools.office import Office, at_office
    from tools.processing.reading import read_record
    from tools.processing.writing import written

    async def record(office: Office) -> str:
        return written(await read_record(office), language)

    typer.echo(at_office(record, None if signed_in else Role.DPO))


def impact_assessment(
    folder: Annotated[Path, typer.Argument(help="Where to write it; empty or new.")],
    signed_in: SignedIn = False,
) -> None:
    """Write the impact assessment with its record of processing, notices, and claims with their tests."""
    from tools.office import at_office
    from tools.processing.pack import pack

    typer.echo(at_office(lambda office: pack(office, folder), None if signed_in else Role.DPO))
