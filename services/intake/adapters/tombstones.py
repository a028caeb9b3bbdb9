"""The tombstones: who was erased, in a file beside the root key, so that they outlive every backup.

One line for each person: the instant of the erasure (ISO 8601, UTC), a space, the beneficiary_id. Lines are
only ever added. A last line without its end was never finished, and its erasure never committed.
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
    """That a person was erased, and when; nothing else is left to know."""

    beneficiary_id: BeneficiaryId
    erased_time: datetime


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

    def add(self, tombstone: Tombstone) -> None:
        """Writes one down and returns when it is on the disk: before the erasure commits, never after."""
        line = f"{utc(tombstone.erased_time).isoformat()} {tombstone.beneficiary_id}\n".encode()
        with self._opened() as file:
            file.truncate(len(_whole_lines(file.readall())))
            file.seek(0, os.SEEK_END)
            if file.write(line) != len(line):
                raise OSError(f"{self.file} took only a part of a line")
            os.fsync(file.fileno())

    def read(self) -> list[Tombstone]:
        """Everybody who was ever erased, in the order of the erasures.

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
        return [self._tombstone(number, line) for number, line in enumerate(content.splitlines(), 1)]

    def _tombstone(self, number: int, line: bytes) -> Tombstone:
        try:
            erased_time, beneficiary_id = line.decode("ascii").split(" ")
            return Tombstone(BeneficiaryId(UUID(beneficiary_id)), utc(datetime.fromisoformat(erased_time)))
        except ValueError:
            raise KeysUnusable(
                f"Line {number} of {self.file} is damaged: put back a copy of the key folder."
            ) from None

    @contextmanager
    def _opened(self) -> Iterator[FileIO]:
        """The file for writing, held by this process alone."""
        with FileIO(os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600), "r+", closefd=True) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file


def _whole_lines(content: bytes) -> bytes:
    return content[: content.rfind(b"\n") + 1]
