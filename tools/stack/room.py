"""Whether the disk has room, before and while a stack runs."""

import asyncio
import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tools.stack.failure import StackFailure

NEEDED_BYTES: Final = 300 * 1024 * 1024
SHORT_BYTES: Final = 48 * 1024 * 1024
"""PostgreSQL logs ahead in files of 16 MB. It ends when it gets no next one, and by ending gives back what it
got of that: what still counts as short must be well above it."""
ENOUGH_BYTES: Final = 128 * 1024 * 1024
"""From here on there is room again: so far above `SHORT_BYTES` that nothing is said twice on the way."""


def check_room(folder: Path, needed_bytes: int = NEEDED_BYTES) -> None:
    """Raises StackFailure when the disk of `folder` has too little room to start on."""
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise StackFailure(
            f"The disk that holds {folder} has {free // 2**20} MB left;"
            f" make room ({needed_bytes // 2**20} MB are needed) and start again."
        )


def is_about_full_disks(error: OSError) -> bool:
    """Whether the system says that the disk, or this user's share of it, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def plain_about_full_disks(folder: Path) -> Iterator[None]:
    """Turns the system's own error about a full disk into a sentence."""
    try:
        yield
    except OSError as error:
        if not is_about_full_disks(error):
            raise
        raise StackFailure(
            f"The disk that holds {folder} is full; make room and start again (nothing is lost)."
        ) from error


class Room:
    """The room that a running stack has left. Says once that it runs short, and once that it is back.

    Args:
        folders: whatever the stack writes to; they may lie on several disks.
        say: told one sentence each time.
    """

    def __init__(self, folders: Sequence[Path], say: Callable[[str], None]) -> None:
        self._folders = folders
        self._say = say
        self._is_there = asyncio.Event()
        self._is_there.set()

    def is_short(self) -> bool:
        """Looks now; from the first shortage on until there is enough again."""
        folder, free = min(((folder, free_bytes(folder)) for folder in self._folders), key=lambda one: one[1])
        if self._is_there.is_set() and free < SHORT_BYTES:
            self._is_there.clear()
            self._say(
                f"The disk that holds {folder} has only {free // 2**20} MB left: make room until"
                f" {ENOUGH_BYTES // 2**20} MB are free. What is new may be refused until then; what was"
                " acknowledged is safe, and KEM goes on by itself."
            )
        elif not self._is_there.is_set() and free >= ENOUGH_BYTES:
            self._is_there.set()
            self._say(f"The disk has room again ({free // 2**20} MB).")
        return not self._is_there.is_set()

    async def wait(self) -> None:
        """Returns when there is room, as `is_short` has found."""
        await self._is_there.wait()


def free_bytes(folder: Path) -> int:
    """What an ordinary user may still write on the disk of `folder`; none without a file left to write to."""
    with contextlib.suppress(OSError):
        found = os.statvfs(folder)
        # a file system that makes its files as it needs them counts none
        return 0 if found.f_files and not found.f_favail else found.f_bavail * found.f_frsize
    return ENOUGH_BYTES
