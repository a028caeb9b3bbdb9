"""`./kem trace`: the whole history of one referral, in order: who, when, and why that provider."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(epilog="Example: ./kem trace 2f0c7e9a-5b7e-4a43-9a55-5d1f6a0c3b21")(trace)


def trace(
    referral: Annotated[
        str, typer.Argument(help="The referral's id; the id of its need or of an offer will do.")
    ],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    database: Annotated[
        str | None,
        typer.Option(help="A PostgreSQL URL that may read everything; without it the stack of this folder."),
    ] = None,
) -> None:
    """Tell a referral's history in Athens time. Of a restricted one, provider and service stay hidden."""
    import asyncio

    from tools.check.where import check_url
    from tools.trace.history import read_history
    from tools.trace.show import as_json, print_history

    history = asyncio.run(read_history(database or check_url(), referral))
    if json:
        typer.echo(as_json(history))
    else:
        print_history(history)
