"""The operator's commands of one word."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from tools.operate.answer import Json, tell
from tools.stack.server_options import BrokerOption, BrokersOption, DatabaseOption, KeysOption


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


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")],
    json: Json = False,
) -> None:
    """Write everything that the database holds into one file, as of one instant. Keys are never in it."""
    from tools.operate.backup import back_up
    from tools.operate.running import Running

    tell(asyncio.run(back_up(Running.here(), file.absolute())), as_json=json)


def restore(
    file: Annotated[Path, typer.Argument(help="What ./kem backup has written.")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what the hub here holds now; it is gone afterwards.")
    ] = False,
    broker: BrokerOption = None,
    brokers: BrokersOption = None,
    database: DatabaseOption = None,
    keys: KeysOption = None,
    json: Json = False,
) -> None:
    """Make the hub what it was when the file was written. Nothing may run; erased people stay erased.

    The key folder must be there, as it is today: root key, epochs, tombstones, closed accounts.
    """
    from tools.operate.archive import Archive
    from tools.operate.restore import restore as put_back
    from tools.stack.layout import DATA, Layout
    from tools.stack.servers import ServersAsked

    archive = Archive.read(file.absolute())
    asked = ServersAsked.of(broker, brokers, database, keys)

    def say(sentence: str) -> None:
        typer.echo(sentence, err=True)

    restoring = put_back(Layout(DATA.resolve()), archive, asked, may_overwrite=overwrite, say=say)
    tell(asyncio.run(restoring), as_json=json)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(epilog="Example: ./kem lag --json")(lag)
    app.command(epilog="Example: ./kem replay --from 2026-05-01T14:30 --topic kem.referral.v1 --dry-run")(
        replay
    )
    app.command(epilog="Example: ./kem backup /mnt/backup/kem-2026-05-01.backup")(backup)
    app.command(epilog="Example: ./kem restore /mnt/backup/kem-2026-05-01.backup --overwrite")(restore)
