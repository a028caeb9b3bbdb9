"""A progress bar on stderr for whatever takes longer than two seconds, where a person sees it."""

import time
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

QUICK_SECONDS: Final = 2.0


class Bar:
    """Shows how far a piece of work is, unless it ends first. Call `show` now and then."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = time.monotonic()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task(what, total=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, done: float, total: float | None) -> None:
        """So much is done of so much; None where nobody knows how much there is."""
        self._progress.update(self._task, completed=done, total=total)
        is_long = time.monotonic() - self._began > QUICK_SECONDS
        if is_long and self._progress.console.is_terminal and not self._progress.live.is_started:
            self._progress.start()
