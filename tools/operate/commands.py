"""The operator's commands of one word."""

import asyncio
from typing import Annotated

import typer

from tools.operate.answer import Json, tell


def lag(json: Json = False) -> None:
    """Show how far each consumer is behind, per topic and partition: in the event logs and at the broker."""
    from tools.operate.lag import read_lag
    from tools.operate.running import Running

    tell(asyncio.run(read_lag(Running.here())), as_json=json)


def replay(
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="POSITION|TIME",
            help="From this position of each log on, or from this time on (2026-05-01T14:30 is Athens time),"
            " whoever has seen it. What a consumer lacks is sent in any case.",
        ),
    ] = None,
    topic: Annotated[str | None, typer.Option(help="This topic only, and any that the broker lacks.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent; send nothing.")] = False,
    patience_seconds: Annotated[float, typer.Option("--patience", help="Seconds to wait for the end.")] = 300,
    json: Json = False,
) -> None:
    """Send the broker again what it may have lost. Nothing is done twice by it; services rest meanwhile."""
    from tools.operate.replay import plan_now, replay_now, wanted_from
    from tools.operate.running import Running

    wanted, running = wanted_from(start, topic), Running.here()
    if dry_run:
        tell(asyncio.run(plan_now(running, wanted)), as_json=json)
    else:
        tell(replay_now(running, wanted, patience_seconds), as_json=json)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(epilog="Example: ./kem lag --json")(lag)
    app.command(epilog="Example: ./kem replay --from 2026-05-01T14:30 --topic kem.referral.v1 --dry-run")(
        replay
    )
