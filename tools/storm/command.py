"""`kem storm`: starts a hub of its own, lets it storm, and says what it came to."""

import asyncio
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tools.hub import Doors, Hub
from tools.storm.figures import Figures
from tools.storm.storm import Plan, Storm
from tools.storm.stormy_stack import stormy_stack


def run(plan: Plan, *, as_json: bool) -> bool:
    """The command's body; answers whether everything held. The folder of a storm that went wrong stays."""
    console = Console(stderr=True, highlight=False, quiet=as_json and not sys.stderr.isatty())
    folder = Path(tempfile.mkdtemp(prefix="kem-storm-"))
    is_good = False
    try:
        figures = asyncio.run(_storm(plan, folder, console))
        is_good = figures.is_good
    finally:
        if is_good:
            shutil.rmtree(folder)
        else:
            _tell_where(folder)
    if as_json:
        print(json.dumps(figures.as_json(), indent=2))
    else:
        figures.show(Console(highlight=False))
    return is_good


def _tell_where(folder: Path) -> None:
    sys.stderr.write(
        f"What happened is in {folder}/logs (storm.log first); look at the hub itself with"
        f" KEM_DATA={folder} ./kem up. Delete the folder when you are done.\n"
    )


async def _storm(plan: Plan, folder: Path, console: Console) -> Figures:
    def say(sentence: str) -> None:
        line = f"{time.strftime('%H:%M:%S')} {sentence}"
        console.print(f"[dim]{line}[/]")
        with (folder / "logs/storm.log").open("a", encoding="utf-8") as log:
            log.write(line + "\n")

    (folder / "logs").mkdir()
    async with stormy_stack(folder, plan.broker, say) as stormy:
        hub = Hub(Doors.of(stormy.stack.layout))
        try:
            with _progress(console) as progress:
                bar = progress.add_task("", total=plan.minutes * 60)

                def tell(seconds: float, words: str) -> None:
                    progress.update(bar, completed=seconds, description=words)

                return await Storm(plan, stormy, hub, say, tell).pass_over()
        finally:
            await hub.close()


def _progress(console: Console) -> Progress:
    return Progress(
        BarColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )
