"""`./kem backup`: the whole database as it is at one instant, in one file, while everything runs.

Nothing of it is a key: those lie in the key folder, outside the database. People's own keys are in it, but
wrapped by what lies there.
"""

import asyncio
import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import asyncpg
from rich.console import Console

from tools.check.where import one_instant
from tools.operate.postgres_program import program, run_program
from tools.operate.progress import Bar
from tools.operate.running import Running
from tools.stack.existing_postgres import AdminUrl
from tools.stack.failure import StackFailure
from tools.stack.postgres_admin import program_environment
from tools.trace.story import athens

_SCHEMAS: Final = "select schemaname from pg_tables where tablename = 'event_log' order by schemaname"
_POSITION: Final = "select logged_position from {}.publication"
_SIZES: Final = """
    select schemaname || '.' || tablename as name,
           pg_table_size(format('%I.%I', schemaname, tablename)::regclass) as bytes
    from pg_tables where schemaname <> all(array['pg_catalog', 'information_schema'])
"""
_DUMPING: Final = re.compile(r'dumping contents of table "([^"]+)"')


@dataclass(frozen=True, slots=True)
class Backup:
    """A file that holds everything up to `time`.

    Args:
        positions: per service the last position of its event log.
    """

    file: str
    bytes: int
    time: datetime
    positions: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def show(self, console: Console) -> None:
        events = sum(self.positions.values())
        console.print(
            f"{self.file}: {self.bytes / 2**20:.1f} MB, {events:,} events, as of {athens(self.time)}.",
            markup=False,
        )
        console.print(
            "No key is in it. Without the key folder (.kem/keys) it is of no use: keep a copy of that folder,"
            " and keep it apart from this file."
        )


async def back_up(running: Running, file: Path) -> Backup:
    """Writes the file, whole or not at all; nothing waits for it.

    Raises:
        StackFailure: the file is there already or cannot be written, or the database does not answer.
    """
    if file.exists():
        raise StackFailure(f"{file} is there already; choose another name, or move it away.")
    draft = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise StackFailure(f"{file} cannot be written ({error.strerror}).") from None
    try:
        async with one_instant(running.check_url) as connection:
            schemas = [row[0] for row in await connection.fetch(_SCHEMAS)]
            positions = {one: await connection.fetchval(_POSITION.format(one)) for one in schemas}
            time: datetime = await connection.fetchval("select now()")
            with Bar("backing up") as bar:
                hear = await _progress(connection, bar)
                snapshot = await connection.fetchval("select pg_export_snapshot()")
                await asyncio.to_thread(_dump, running, snapshot, draft, hear)
        _put_in_place(draft, file)
    finally:
        draft.unlink(missing_ok=True)
    return Backup(str(file), file.stat().st_size, time, positions)


async def _progress(connection: asyncpg.Connection, bar: Bar) -> Callable[[str], None]:
    """Shows how far pg_dump is, by the sizes of the tables that it names."""
    sizes = {row["name"]: int(row["bytes"]) for row in await connection.fetch(_SIZES)}
    total, done = sum(sizes.values()), 0

    def hear(line: str) -> None:
        nonlocal done
        if found := _DUMPING.search(line):
            bar.show(done, total)
            done += sizes.get(found[1], 0)

    return hear


def _dump(running: Running, snapshot: str, draft: Path, hear: Callable[[str], None]) -> None:
    url = AdminUrl.parse(running.check_url)
    environment = program_environment(
        url.host, url.port, url.user, url.password, url.database, url.parameters
    )
    path = program("pg_dump", speaks_tls=url.parameters["sslmode"] != "disable")
    arguments = ["--format=custom", "--no-password", "--verbose", f"--snapshot={snapshot}", f"--file={draft}"]
    run_program(path, arguments, environment, hear)


def _put_in_place(draft: Path, file: Path) -> None:
    """Gives the file its name once all of it is on the disk."""
    try:
        _sync(draft)
        draft.rename(file)
        _sync(file.parent)
    except OSError as error:
        raise StackFailure(f"{file} cannot be written ({error.strerror}).") from None


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
