"""What a backup file says of itself, before anything is done with it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tools.operate.postgres_program import output_of, program
from tools.stack.failure import StackFailure

_CREATED: Final = re.compile(r"^; Archive created at (.+) UTC$", re.MULTILINE)
_SCHEMA: Final = re.compile(r"^\d+; \d+ \d+ SCHEMA - (\w+) \1_owner$", re.MULTILINE)
_ENTRY: Final = re.compile(r"^\d+; ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Archive:
    """A backup of a hub: when it was taken (UTC), of which services, and how many things are in it."""

    file: Path
    backup_time: datetime
    schemas: tuple[str, ...]
    entries: int

    @staticmethod
    def read(file: Path) -> "Archive":
        """Raises StackFailure when the file is missing, or is no backup of a hub."""
        if not file.is_file():
            raise StackFailure(f"There is no file {file}.")
        try:
            said = output_of(program("pg_restore", speaks_tls=False), ["--list", str(file)])
        except StackFailure as failure:
            raise StackFailure(f"{file} is no backup that can be read: {failure.sentence}") from None
        created, schemas = _CREATED.search(said), tuple(_SCHEMA.findall(said))
        if created is None or "intake" not in schemas:
            raise StackFailure(f"{file} is no backup of a hub: ./kem backup makes them.")
        backup_time = datetime.strptime(created[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        return Archive(file, backup_time, schemas, len(_ENTRY.findall(said)))
