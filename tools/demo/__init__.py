"""`kem demo`: a day at the hub, played by simulated people at both ends, over gRPC only."""

from typing import Annotated

import typer

from tools.stack.failure import StackFailure
from tools.stack.server_options import BrokerOption, BrokersOption, DatabaseOption


def register(app: typer.Typer) -> None:
    """Adds the command; what it needs is imported only when it runs."""

    @app.command()
    def demo(
        fresh: Annotated[
            bool,
            typer.Option("--fresh", help="On a hub of its own with clocks in seconds, ended afterwards."),
        ] = False,
        needs: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many needs to record.")] = 200,
        agencies: Annotated[int, typer.Option(min=1, max=143, help="How many agencies answer.")] = 24,
        seed: Annotated[int, typer.Option(help="The same seed plays the same people.")] = 1,
        rate: Annotated[
            float | None,
            typer.Option(min=0.01, help="At most so many needs a second; as fast as it goes if left out."),
        ] = None,
        console: Annotated[
            bool, typer.Option("--console", help="Says afterwards where to look around in what was played.")
        ] = False,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
        broker: BrokerOption = None,
        brokers: BrokersOption = None,
        database: DatabaseOption = None,
    ) -> None:
        """Plays a day: people come, needs are recorded, agencies answer.

        A fresh hub takes what it made from a Kafka or PostgreSQL that runs elsewhere when it ends.

        Example: ./kem demo --fresh --needs 300 --agencies 20
        """
        from tools.demo.command import run
        from tools.stack.servers import ServersAsked

        servers = ServersAsked.of(broker, brokers, database)
        if not fresh and servers != ServersAsked():
            raise StackFailure(
                "--broker and --database go with --fresh: a hub that runs has its own already.", exit_code=2
            )
        if fresh and console:
            raise StackFailure("--console goes without --fresh: a fresh hub is gone afterwards.", exit_code=2)
        has_held = run(needs, agencies, seed, rate, servers if fresh else None, as_json=as_json)
        if console:
            say_where_to_look(to_stderr=as_json)
        if not has_held:
            raise typer.Exit(1)


def say_where_to_look(*, to_stderr: bool) -> None:
    """The console's address, and how to come by a login of each kind of reader.

    Raises:
        StackFailure: the hub has no console.
    """
    from tools.hub import Doors
    from tools.stack.layout import DATA, Layout

    address = Doors.of(Layout(DATA)).console
    if not address:
        raise StackFailure("This hub runs without its console.")
    for line in (
        f"Look around at {address}: the directory is open to everybody, staff sign in at {address}/sign-in.",
        "./kem staff list shows who there is; ./kem staff reset LOGIN makes one of them a first password.",
    ):
        typer.echo(line, err=to_stderr)
