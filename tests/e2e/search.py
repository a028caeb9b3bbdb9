"""Looks for what must not be outside the vault: marks of invented people, in every shape that bytes take."""

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CASE_CODE: Final = re.compile(
    rb"KEM-20\d\d-\d{6}|" + b"KEM-20".hex().encode() + rb"(?:3\d){2}2d(?:3\d){6}", re.I
)
"""A case code is personal data: in plain, and in the hexadecimal form in which a dump shows bytes."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A mark and where it was."""

    place: str
    mark: str


class Search:
    """Knows the marks; `found` keeps every place where one was."""

    def __init__(self, marks: Iterable[str]) -> None:
        self._shapes = {shape: mark for mark in marks for shape in _shapes(mark)}
        self.found: set[Finding] = set()
        self.looked_at = 0

    def look(self, place: str, content: bytes) -> None:
        """Searches one text, row or message."""
        self.looked_at += len(content)
        self.found |= {Finding(place, mark) for shape, mark in self._shapes.items() if shape in content}
        if CASE_CODE.search(content):
            self.found.add(Finding(place, "case code"))

    def look_at_files(self, folder: Path) -> int:
        """Searches every file below the folder; answers how many."""
        count = 0
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                try:
                    content = path.read_bytes()
                except FileNotFoundError:
                    continue  # PostgreSQL took it away meanwhile
                self.look(f"file {path.relative_to(folder)}", content)
                count += 1
        return count


def _shapes(mark: str) -> Iterator[bytes]:
    """UTF-8, hexadecimal, base64 at each of the three offsets, JSON's and Python's escapes."""
    plain = mark.encode()
    yield plain
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + plain)
        # the characters at both ends depend on what stands beside the mark
        yield coded[(offset * 8 + 5) // 6 : len(plain + b"\0" * offset) * 8 // 6]
    escaped = mark.encode("ascii", "backslashreplace")
    if escaped != plain:
        yield escaped
    yield mark.encode("utf-16-le")
