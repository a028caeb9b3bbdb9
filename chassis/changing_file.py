"""A file that may change while a service runs, and is read again only then."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

Value = TypeVar("Value")
Mark = tuple[int, int, int]


def mark_of(path: Path) -> Mark:
    """Another one as soon as the file is another one; asking for it costs a microsecond or two."""
    found = path.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


class ChangingFile(Generic[Value]):
    """What a file says now. Whoever writes it replaces it whole."""

    def __init__(self, path: Path, parse: Callable[[bytes], Value]) -> None:
        self._path = path
        self._parse = parse
        self._lock = threading.Lock()
        self._mark = mark_of(path)
        self._value = parse(path.read_bytes())

    @property
    def value(self) -> Value:
        """The same object until the file changes.

        Raises:
            OSError: it is gone.
            ValueError: it is not what it should be; the next look reads it again.
        """
        mark = mark_of(self._path)
        if mark != self._mark:
            with self._lock:
                self._value, self._mark = self._parse(self._path.read_bytes()), mark
        return self._value
