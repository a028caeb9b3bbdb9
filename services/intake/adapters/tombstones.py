"""The tombstones: who was erased, and which keys were destroyed because their time was over, in a file beside
the root key, so that they outlive every backup.

One line for each erasure: its instant (ISO 8601, UTC), and after a space each the beneficiary_id of every
record that was the person's; of a key the beneficiary_id, a slash and the key_id. Lines are only ever added.
A last line without its end was never finished, and its erasure never committed: so of one person all records
are erased, or none.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import FileIO
from pathlib import Path
from typing import Final
from uuid import UUID

from kernel.ids import BeneficiaryId
from kernel.time import utc
from services.intake.adapters.keys import KeysUnusable

TOMBSTONES_FILE: Final = "tombstones"


@dataclass(frozen=True, slots=True)
class Tombstone:
    """That a record was erased, or one key of it, and when; nothing else is left to know."""

    beneficiary_id: BeneficiaryId
    erased_time: datetime
    key_id: UUID | None = None


class Tombstones:
    """The file in a key folder. Several processes may share it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / TOMBSTONES_FILE

    @property
    def is_there(self) -> bool:
        """Whether the folder has the file; an empty one says that nobody was ever erased."""
        return self.file.exists()

    def begin(self) -> None:
        """Makes an empty file where there is none. Only where nobody was ever erased."""
        with self._opened():
            pass
        descriptor = os.open(self.file.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def add(self, first: Tombstone, *others: Tombstone) -> None:
        """Writes down one erasure, of all records of a person, or of keys of some people, at one instant;
        returns when it is on the disk. Before the erasure commits, never after.
        """
        ids = " ".join(map(_written, (first, *others)))
        line = f"{utc(first.erased_time).isoformat()} {ids}\n".encode()
        with self._opened() as file:
            file.truncate(len(_whole_lines(file.readall())))
            file.seek(0, os.SEEK_END)
            if file.write(line) != len(line):
                raise OSError(f"{self.file} took only a part of a line")
            os.fsync(file.fileno())

    def read(self) -> list[Tombstone]:
        """Everybody and every key that was ever erased, in the order of the erasures.

        Raises:
            KeysUnusable: the file is missing or damaged.
        """
        try:
            content = _whole_lines(self.file.read_bytes())
        except FileNotFoundError:
            raise KeysUnusable(
                f"The tombstones {self.file} are missing: without them erased people would come back."
                " Put the whole key folder back; where nobody was ever erased, an empty file will do."
            ) from None
        lines = enumerate(content.splitlines(), 1)
        return [tombstone for number, line in lines for tombstone in self._tombstones(number, line)]

    def _tombstones(self, number: int, line: bytes) -> list[Tombstone]:
        try:
            written, first, *others = line.decode("ascii").split(" ")
            erased_time = utc(datetime.fromisoformat(written))
            return [_tombstone(one, erased_time) for one in (first, *others)]
        except (ValueError, OverflowError):
            raise KeysUnusable(
                f"Line {number} of {self.file} is damaged: put back a copy of the key folder."
            ) from None

    @contextmanager
    def _opened(self) -> Iterator[FileIO]:
        """The file for writing, held by this process alone."""
        with FileIO(os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600), "r+", closefd=True) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file


def _written(tombstone: Tombstone) -> str:
    return str(tombstone.beneficiary_id) + ("" if tombstone.key_id is None else f"/{tombstone.key_id}")


def _tombstone(written: str, erased_time: datetime) -> Tombstone:
    beneficiary_id, slash, key_id = written.partition("/")
    return Tombstone(BeneficiaryId(UUID(beneficiary_id)), erased_time, UUID(key_id) if slash else None)


def _whole_lines(content: bytes) -> bytes:
    return content[: content.rfind(b"\n") + 1]
