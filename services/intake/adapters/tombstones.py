"""The tombstones: who was erased, and which keys were destroyed because their time was over, in a file beside
the root key, so that they outlive every backup.

One line for each erasure: its instant (ISO 8601, UTC), and after a space each the beneficiary_id of every
record that was the person's; of a key the beneficiary_id, a slash and the key_id. Lines are only ever added.
A last line without its end was never finished, and its erasure never committed: so of one person all records
are erased, or none.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from kernel.ids import BeneficiaryId
from kernel.time import utc
from services.intake.adapters.begun_erasures import BegunErasures
from services.intake.adapters.keys import KeysUnusable
from services.intake.adapters.lasting_lines import add_line, begin_lines, lines_in

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
        self.begun = BegunErasures(folder)

    @property
    def is_there(self) -> bool:
        """Whether the folder has the file; an empty one says that nobody was ever erased."""
        return self.file.exists()

    def begin(self) -> None:
        """Makes an empty file where there is none. Only where nobody was ever erased."""
        begin_lines(self.file)

    def add(self, first: Tombstone, *others: Tombstone) -> None:
        """Writes down one erasure, of all records of a person, or of keys of some people, at one instant;
        returns when it is on the disk. Before the erasure commits, never after.
        """
        ids = " ".join(map(_written, (first, *others)))
        add_line(self.file, f"{utc(first.erased_time).isoformat()} {ids}")

    def read(self) -> list[Tombstone]:
        """Everybody and every key that was ever erased, in the order of the erasures.

        Raises:
            KeysUnusable: the file is missing or damaged.
        """
        try:
            content = lines_in(self.file)
        except FileNotFoundError:
            raise KeysUnusable(
                f"The tombstones {self.file} are missing: without them erased people would come back."
                " Put the whole key folder back; where nobody was ever erased, an empty file will do."
            ) from None
        lines = enumerate(content, 1)
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


def _written(tombstone: Tombstone) -> str:
    return str(tombstone.beneficiary_id) + ("" if tombstone.key_id is None else f"/{tombstone.key_id}")


def _tombstone(written: str, erased_time: datetime) -> Tombstone:
    beneficiary_id, slash, key_id = written.partition("/")
    return Tombstone(BeneficiaryId(UUID(beneficiary_id)), erased_time, UUID(key_id) if slash else None)
