"""What a machine shows of its processes: how each was started, and what its environment holds."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_PAUSE_SECONDS: Final = 0.03
_PROC: Final = Path("/proc")

PASSES_BY: Final = frozenset({"psql", "dbmate", "pg_dump", "pg_restore", "pg_isready", "initdb"})
"""PostgreSQL's programs and the one of migrations know a password by their environment, for the second that
they live; it is shown to nobody but the account that runs the hub.
"""


class ProcessWatch:
    """While it is entered, looks again and again at all that this process has started, and what that has.

    What lives for less than the pause between two looks may be missed.
    """

    def __init__(self) -> None:
        self.command_lines: dict[bytes, str] = {}
        """Each one that was seen, and the name of its program."""
        self.environments: dict[bytes, str] = {}
        self._is_over = threading.Event()
        self._looking: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._is_over.clear()
        self._looking = threading.Thread(target=self._look_on, daemon=True)
        self._looking.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        if self._looking is not None:
            self._looking.join()

    def _look_on(self) -> None:
        while not self._is_over.wait(_PAUSE_SECONDS):
            for process in _started_by(os.getpid()):
                try:
                    self._look_at(process)
                except (FileNotFoundError, ProcessLookupError):
                    continue  # it has ended

    def _look_at(self, process: Path) -> None:
        name = (process / "comm").read_text().strip()
        command_line, environment = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        if (process / "comm").read_text().strip() != name:
            return  # it became another program meanwhile, and is looked at again
        self.command_lines[command_line] = name
        self.environments[environment] = name


def _started_by(pid: int) -> Iterator[Path]:
    """All descendants, as folders of /proc."""
    children: dict[int, list[Path]] = {}
    for folder in _PROC.glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(parent, []).append(folder)
    found = [pid]
    while found:
        for folder in children.get(found.pop(), []):
            found.append(int(folder.name))
            yield folder
