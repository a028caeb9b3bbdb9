"""Who was closed, in a file beside the key of sign-in: no backup of the database opens an account again.

One line for each account: its principal_id. Lines are only ever added. A line that is too short was never
finished, and its closing never committed. The file is made with the key and never here: one that is missing
was lost, with whoever was closed.
"""

import os
from pathlib import Path
from typing import Final
from uuid import UUID

from kernel.ids import PrincipalId

CLOSED_FILE: Final = "closed-accounts"
_LINE_LENGTH: Final = 36


class ClosedAccounts:
    """The file. Several processes may share it: a line is one write."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / CLOSED_FILE

    def add(self, principal_id: PrincipalId) -> None:
        """Writes one down and returns when it is on the disk: before the closing commits, never after.

        Raises:
            OSError: the file is not there, or the disk takes no more.
        """
        descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND)
        try:
            line = f"\n{principal_id}\n".encode()
            if os.write(descriptor, line) != len(line):
                raise OSError(f"{self._file} took only a part of a line")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read(self) -> list[PrincipalId]:
        """All that were ever closed.

        Raises:
            FileNotFoundError: nobody knows.
            ValueError: a line is no id.
        """
        lines = self._file.read_text(encoding="ascii").splitlines()
        return [PrincipalId(UUID(line)) for line in lines if len(line) >= _LINE_LENGTH]
