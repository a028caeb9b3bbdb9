"""What an operator asks of a running hub: topics, lag, replay, dead letters, events, backup, restore."""

import typer

from tools.operate import commands, dead_letters, events, topics


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    commands.register(app)
    app.add_typer(dead_letters.app, name="dead-letters")
    app.add_typer(events.app, name="events")
    app.add_typer(topics.app, name="topics")
