"""Erasures by request that were begun: who decided on which, in a file beside the tombstones.

One line for each: the rights_request_id, the principal_id of the officer who decided, by what the person was
known, and the beneficiary_id of every record that was theirs. It is on the disk before the tombstone: where
the commit was lost, or an older database comes back, the start that erases the person certifies it too. A
line that no tombstone followed leads to nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from kernel.ids import BeneficiaryId
from services.intake.adapters.keys import KeysUnusable
from services.intake.adapters.lasting_lines import add_line, begin_lines, lines_in
from services.intake.domain.person_export import IdentityProof

BEGUN_FILE: Final = "erasures-begun"


@dataclass(frozen=True, slots=True)
class BegunErasure:
    """What a certificate says of an erasure that the database does not tell."""

    rights_request_id: UUID
    decided_by_principal_id: UUID
    identity_proof: IdentityProof
    records: Collection[BeneficiaryId]


class BegunErasures:
    """The file of this name in a key folder; without it nothing was begun."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / BEGUN_FILE

    def add(self, one: BegunErasure) -> None:
        """Returns when it is on the disk. Before its tombstone, never after."""
        if not self.file.exists():
            begin_lines(self.file)
        words = (one.rights_request_id, one.decided_by_principal_id, one.identity_proof, *one.records)
        add_line(self.file, " ".join(map(str, words)))

    def read(self) -> list[BegunErasure]:
        """The last that was begun of each request.

        Raises:
            KeysUnusable: the file is damaged.
        """
        try:
            lines = lines_in(self.file)
        except FileNotFoundError:
            return []
        found = [self._begun(number, line) for number, line in enumerate(lines, 1)]
        return list({one.rights_request_id: one for one in found}.values())

    def _begun(self, number: int, line: bytes) -> BegunErasure:
        try:
            request, officer, proof, first, *others = line.decode("ascii").split(" ")
            records = tuple(BeneficiaryId(UUID(one)) for one in (first, *others))
            return BegunErasure(UUID(request), UUID(officer), IdentityProof(proof), records)
        except ValueError:
            raise KeysUnusable(
                f"Line {number} of {self.file} is damaged: put back a copy of the key folder."
            ) from None
