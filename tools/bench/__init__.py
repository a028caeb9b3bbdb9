"""`kem bench`: measures the hub on this machine and prints figures; never a test that passes or fails."""

from pathlib import Path
from typing import Annotated

import typer

from tools.stack.server_options import BrokerOption, BrokersOption


def register(app: typer.Typer) -> None:
    """Adds the command; what it needs is imported only when it runs."""
    app.command(epilog="Example: ./kem bench pipeline latency --quick")(bench)


def bench(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME …]", help="Which benches; all without a name.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file, too.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Seconds instead of minutes.")] = False,
    broker: BrokerOption = None,
    brokers: BrokersOption = None,
    list_: Annotated[bool, typer.Option("--list", help="Say what each bench measures, no more.")] = False,
) -> None:
    """Measure speed, CPU and memory of the whole hub; figures come with the machine beside them."""
    from tools.bench.command import describe, run
    from tools.stack.servers import ServersAsked

    if list_:
        describe()
    else:
        run(names or [], json, ServersAsked.of(broker, brokers, None), is_quick=quick)
