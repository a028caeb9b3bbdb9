"""How far a terminal has come in its inbox: a small file, so that nothing is missed between two sittings."""

import json
import os
from pathlib import Path


class Cursor:
    """The last sequence that was shown, kept per agency and inbox."""

    def __init__(self, folder: Path, agency_id: str) -> None:
        self._file = folder / f"{agency_id}.json"
        kept = self._read()
        self.is_new = kept is None
        """Nobody has ever sat here, or the file cannot be read."""
        self.sequence = kept or 0

    def advance(self, sequence: int) -> None:
        """Remembers that everything up to `sequence` was shown; whole or not at all."""
        self.sequence = sequence
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self._file.with_suffix(".new")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump({"sequence": sequence}, file)
        fresh.replace(self._file)

    def _read(self) -> int | None:
        try:
            return max(int(json.loads(self._file.read_text())["sequence"]), 0)
        except (OSError, ValueError, KeyError, TypeError):
            return None
