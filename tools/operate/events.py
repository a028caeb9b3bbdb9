"""`./kem events`: single events, as they come and as they were taken."""

import asyncio
from typing import Annotated

import typer

from tools.operate.answer import Json, as_text, tell

app = typer.Typer(no_args_is_help=True, epilog="Example: ./kem events tail --topic kem.referral.v1")


@app.callback()
def events() -> None:
    """Look at events: as they go over the broker, or one of them from its log to whoever took it."""


@app.command("tail", epilog="Example: ./kem events tail --topic kem.referral.v1")
def tail_events(
    topic: Annotated[str | None, typer.Option(help="Only this topic.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Print what goes over the broker from now on, decoded, until Ctrl-C."""
    from rich.console import Console

    from tools.operate.running import Running
    from tools.operate.tail import tail

    console = Console(highlight=False, soft_wrap=True)
    try:
        for one in tail(Running.here().bootstrap, topic, lambda sentence: typer.echo(sentence, err=True)):
            if json:
                print(as_text(one.as_json()), flush=True)
            else:
                console.print(one.line())
    except KeyboardInterrupt:
        return


@app.command("show", epilog="Example: ./kem events show 01a2136c-64b3-7a56-a3fa-e858b59aeeff")
def show_event(
    event: Annotated[str, typer.Argument(help="The event's id, as tail and trace show it.")],
    json: Json = False,
) -> None:
    """Show one event: envelope, headers, its place in the log, who took it and when."""
    from tools.check.where import check_url
    from tools.operate.event_history import read_event

    tell(asyncio.run(read_event(check_url(), event)), as_json=json)
