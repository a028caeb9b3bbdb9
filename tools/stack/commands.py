"""The commands that run the stack and look at it: up, down, status, logs."""

from typing import Annotated

import typer

from tools.stack.failure import NotRunning
from tools.stack.layout import DATA, Layout
from tools.stack.server_options import BrokerOption, BrokersOption, DatabaseOption, KeysOption


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(epilog="Example: ./kem up")(up)
    app.command(epilog="Example: ./kem down")(down)
    app.command(epilog="Example: ./kem status --json")(status)
    app.command(epilog="Example: ./kem logs referral --follow")(logs)


def up(
    base_port: Annotated[
        int | None, typer.Option(help="First port; without it a free hundred from 7400 on is taken.")
    ] = None,
    sample_city: Annotated[
        bool, typer.Option(help="Fill an empty directory with the sample city and its staff.")
    ] = True,
    broker: BrokerOption = None,
    brokers: BrokersOption = None,
    database: DatabaseOption = None,
    keys: KeysOption = None,
) -> None:
    """Start everything and keep it running until Ctrl-C. Data stays in .kem/ for the next time.

    The data folder remembers on which broker and database it runs, and what keeps its keys.
    """
    import sys

    from tools.stack.foreground import run_in_foreground
    from tools.stack.options import StackOptions
    from tools.stack.servers import ServersAsked

    servers = ServersAsked.of(broker, brokers, database, keys)
    options = StackOptions(
        base_port=base_port,
        has_sample_city=sample_city,
        has_sample_staff=sample_city,
        is_watched=sys.stdout.isatty(),
        servers=servers,
    )
    run_in_foreground(DATA, options)


def down(
    patience_seconds: Annotated[float, typer.Option("--patience", help="Seconds to wait for the end.")] = 90,
) -> None:
    """End what ./kem up started, in order. Data stays."""
    from tools.stack.remote import end_stack

    typer.echo(end_stack(Layout(DATA), patience_seconds))


def status(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> None:
    """Show what runs, where it answers, and what waits."""
    import asyncio

    from tools.stack.status import as_json, print_status, read_status

    found = asyncio.run(read_status(Layout(DATA)))
    if json:
        typer.echo(as_json(found))
    elif found.is_running:
        print_status(found)
    if not found.is_running:
        raise NotRunning


def logs(
    service: Annotated[
        str | None, typer.Argument(help="intake, referral, postgresql …; all without it.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option(help="How many of the last lines of each.")] = 50,
) -> None:
    """Print the last lines of the logs."""
    from tools.stack.logs import print_logs

    print_logs(Layout(DATA), service, follow=follow, lines=lines)
