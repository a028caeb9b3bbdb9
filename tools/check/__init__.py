"""`./kem check`: reads the databases with its own eyes and says whether what must always hold does hold."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(epilog="Example: ./kem check --json")(check)


def check(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")] = False,
    database: Annotated[
        str | None,
        typer.Option(help="A PostgreSQL URL that may read everything; without it the stack of this folder."),
    ] = None,
) -> None:
    """Test every invariant against the databases, by an independent reader. Exit 1 when one is broken."""
    import asyncio

    from tools.check.report import as_json, check_database, print_report
    from tools.check.where import check_url

    report = asyncio.run(check_database(database or check_url()))
    if json:
        typer.echo(as_json(report))
    else:
        print_report(report)
    if report.violations:
        raise typer.Exit(1)
