"""Files beside the root key to which whole lines are only ever added, so that they outlive every backup.

A last line without its end was never finished, and is written over by the next one.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path


def begin_lines(file: Path) -> None:
    """Makes an empty file where there is none, for good."""
    with _opened(file):
        pass
    descriptor = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def add_line(file: Path, line: str) -> None:
    """Returns when the line is on the disk."""
    written = f"{line}\n".encode()
    with _opened(file) as opened:
        opened.truncate(len(_whole(opened.readall())))
        opened.seek(0, os.SEEK_END)
        if opened.write(written) != len(written):
            raise OSError(f"{file} took only a part of a line")
        os.fsync(opened.fileno())


def lines_in(file: Path) -> list[bytes]:
    """The whole lines, in their order. FileNotFoundError where there is no file."""
    return _whole(file.read_bytes()).splitlines()


def _whole(content: bytes) -> bytes:
    return content[: content.rfind(b"\n") + 1]


@contextmanager
def _opened(file: Path) -> Iterator[FileIO]:
    """The file for writing, held by this process alone."""
    with FileIO(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "r+", closefd=True) as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield opened
