"""Wires the console and runs it: `python -m services.console`."""

import asyncio

from chassis.run import run_process
from services.console.adapters.hub import CONSOLE, Hub
from services.console.entrypoints.app import make_app
from services.console.entrypoints.serving import serve_pages
from services.console.settings import ConsoleSettings


async def serve(settings: ConsoleSettings, stopping: asyncio.Event) -> None:
    """Pages, until the process is asked to end."""
    hub = Hub(settings)
    try:
        await serve_pages(settings, make_app(settings, hub, stopping), stopping)
    finally:
        await hub.close()


if __name__ == "__main__":
    run_process(CONSOLE, ConsoleSettings, serve)
