"""`./kem topics`: what the broker has, against what is declared."""

from typing import TYPE_CHECKING

import typer

from tools.operate.answer import Json, tell

if TYPE_CHECKING:
    from tools.operate.topic_report import Comparison

app = typer.Typer(epilog="Example: ./kem topics compare")


@app.callback(invoke_without_command=True)
def topics(context: typer.Context, json: Json = False) -> None:
    """List the broker's topics, make what is missing, compare with the declared (as without a word)."""
    if context.invoked_subcommand is None:
        compare(json)


@app.command("list", epilog="Example: ./kem topics list")
def list_topics(json: Json = False) -> None:
    """Show every topic of the broker and how it is made."""
    from tools.operate.running import Running
    from tools.operate.topic_report import TopicList

    tell(TopicList.read(Running.here().bootstrap), as_json=json)


@app.command(epilog="Example: ./kem topics compare --json")
def compare(json: Json = False) -> None:
    """Hold each topic against what is declared. Exit 1 where one is missing or differs."""
    from tools.operate.running import Running
    from tools.operate.topic_report import Comparison

    _tell_and_end(Comparison.read(Running.here().bootstrap), as_json=json)


@app.command(epilog="Example: ./kem topics create")
def create(json: Json = False) -> None:
    """Make the topics that are missing. One that differs stays as it is: exit 1 then, as after compare."""
    from tools.operate.running import Running
    from tools.operate.topic_report import Comparison

    _tell_and_end(Comparison.after_creating(Running.here().bootstrap), as_json=json)


def _tell_and_end(comparison: "Comparison", *, as_json: bool) -> None:
    tell(comparison, as_json=as_json)
    if not comparison.is_as_declared:
        raise typer.Exit(1)
