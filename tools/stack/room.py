"""Whether the disk has room, before and while a stack starts."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tools.stack.failure import StackFailure

NEEDED_BYTES: Final = 300 * 1024 * 1024


def check_room(folder: Path, needed_bytes: int = NEEDED_BYTES) -> None:
    """Raises StackFailure when the disk of `folder` has too little room to start on."""
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise StackFailure(
            f"The disk that holds {folder} has {free // 2**20} MB left;"
            f" make room ({needed_bytes // 2**20} MB are needed) and start again."
        )


@contextmanager
def plain_about_full_disks(folder: Path) -> Iterator[None]:
    """Turns the system's own error about a full disk into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise StackFailure(
            f"The disk that holds {folder} is full; make room and start again (nothing is lost)."
        ) from error
