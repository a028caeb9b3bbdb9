"""Prints the stack's logs, one file per process."""

import time
from collections import deque
from pathlib import Path

from tools.stack.failure import StackFailure
from tools.stack.layout import Layout

_POLL_SECONDS = 0.2


def print_logs(layout: Layout, service: str | None, *, follow: bool, lines: int) -> None:
    """Prints the last lines, each behind its process's name when there are several; goes on when following.

    Raises:
        StackFailure: there is no such log.
    """
    files = {path.stem: path for path in sorted(layout.logs.glob("*.log"))}
    if service is not None and service not in files:
        known = ", ".join(files) or "none yet; start KEM with ./kem up"
        raise StackFailure(f"There is no log of {service!r}; there are: {known}.")
    chosen = {service: files[service]} if service else files
    width = 0 if service else max(map(len, chosen), default=0)
    ends = {name: _print_last(name, path, lines, width) for name, path in chosen.items()}
    try:
        while follow:
            time.sleep(_POLL_SECONDS)
            ends = {name: _print_new(name, path, ends[name], width) for name, path in chosen.items()}
    except KeyboardInterrupt:
        return


def _print_last(name: str, path: Path, lines: int, width: int) -> int:
    with path.open(errors="replace") as file:
        for line in deque(file, maxlen=lines):
            _print(name, line, width)
        return file.tell()


def _print_new(name: str, path: Path, end: int, width: int) -> int:
    if not path.exists() or path.stat().st_size < end:
        return 0  # a new file has begun
    with path.open(errors="replace") as file:
        file.seek(end)
        for line in file:
            _print(name, line, width)
        return file.tell()


def _print(name: str, line: str, width: int) -> None:
    prefix = f"{name:<{width}} | " if width else ""
    print(prefix + line.rstrip("\n"), flush=True)
