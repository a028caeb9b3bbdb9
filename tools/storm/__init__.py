"""`kem storm`: a hub of its own under load, on which everything breaks that can break."""

from typing import Annotated

import typer

from tools.stack.failure import StackFailure


def register(app: typer.Typer) -> None:
    """Adds the command; what it needs is imported only when it runs."""

    @app.command(epilog="Example: ./kem storm --minutes 5 --seed 3")
    def storm(
        minutes: Annotated[float, typer.Option(min=0.1, max=10_000, help="How long it storms.")] = 5,
        seed: Annotated[int, typer.Option(help="The same seed draws the same faults.")] = 1,
        rate: Annotated[float, typer.Option(min=0.1, max=1_000, help="Needs a second.")] = 3,
        broker: Annotated[
            str,
            typer.Option(metavar="KIND", help="embedded, which forgets everything when it dies, or apache."),
        ] = "embedded",
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    ) -> None:
        """Break everything at random on a hub of its own, and see that nothing is lost."""
        from tools.storm.command import run
        from tools.storm.storm import Plan

        if broker not in ("embedded", "apache"):
            raise StackFailure("A storm needs a broker that it may kill: --broker embedded or apache.", 2)
        if not run(Plan(minutes, seed, rate, broker), as_json=as_json):
            raise typer.Exit(1)
