"""`./kem check`: reads the databases with its own eyes and says whether what must always hold does hold."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(epilog="Example: ./kem check --json")(check)


def check(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")] = False,
    metrics: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False, help="Also write the figures here, for Prometheus (node exporter's text files)."
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(help="A PostgreSQL URL that may read everything; without it the stack of this folder."),
    ] = None,
) -> None:
    """Test every invariant against the databases, by an independent reader. Exit 1 when one is broken."""
    import asyncio

    from tools.check.metrics import write_metrics
    from tools.check.report import as_json, check_database, print_report
    from tools.check.where import check_url

    report = asyncio.run(check_database(database or check_url()))
    if metrics is not None:
        write_metrics(report, metrics)
    if json:
        typer.echo(as_json(report))
    else:
        print_report(report)
    if report.violations:
        raise typer.Exit(1)
