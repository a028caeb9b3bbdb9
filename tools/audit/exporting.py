"""Writes the ledger into one file, as `verifier.py` reads it: a header, the checkpoints, the entries."""

import asyncio
import json
import os
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import asyncpg

from chassis.topics import SOURCES
from tools.audit.verifier import FORMAT
from tools.check.where import one_instant
from tools.stack.failure import StackFailure

PATIENCE_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.2
_AT_ONCE: Final = 5_000
_ENTRIES: Final = """
    select body, leaf_hash from audit.entry order by index
"""
_HEAD: Final = """
    select size, (select coalesce(json_agg(note order by size), '[]') from audit.checkpoint) as notes,
           (select coalesce(json_agg(verifier_key order by begun_time desc), '[]') from audit.signing_key)
               as keys
    from audit.head
"""
_MARKS: Final = "select source, position from audit.source_mark"

Tell = Callable[[int, int], None]
"""Told how many entries were written, of how many."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A ledger at one instant.

    Args:
        notes: every signed checkpoint, the oldest first.
        keys: verifier keys, the newest first.
        entries: each entry's leaf hash and body, in their order.
    """

    size: int
    notes: list[str]
    keys: list[str]
    entries: AsyncIterator[tuple[bytes, str]]


class Source(Protocol):
    """Where a ledger can be read."""

    async def published(self) -> dict[str, int]:
        """How far each source has published; those that have published something."""

    def open(self, published: dict[str, int]) -> AbstractAsyncContextManager[Opened]:
        """The ledger as it is once it holds all of that and a checkpoint, or when patience ends."""


async def export(source: Source, file: Path, tell: Tell) -> int:
    """Answers how many entries were written; the file appears whole or not at all.

    What each source has published when it begins has to be in the ledger: it is waited for, and stands in the
    header, so that a ledger from which a source was left out is found.

    Raises:
        StackFailure: there is no ledger, or the file cannot be written.
    """
    published = await source.published()
    draft = file.with_name(f".{file.name}.part")
    try:
        async with source.open(published) as ledger:
            with draft.open("wb") as out:
                os.fchmod(out.fileno(), 0o600)
                written = 0
                for line in (_header(ledger, published), *ledger.notes):
                    out.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
                async for leaf, body in ledger.entries:
                    out.write(b64encode(leaf) + b" " + body.encode() + b"\n")
                    written += 1
                    if written % _AT_ONCE == 0:
                        tell(written, ledger.size)
        draft.replace(file)
    except OSError as error:
        raise StackFailure(f"{file} cannot be written: {error.strerror}.") from None
    finally:
        draft.unlink(missing_ok=True)
    return written


def _header(ledger: Opened, published: dict[str, int]) -> dict[str, object]:
    if not ledger.notes:
        raise StackFailure("No checkpoint was signed yet; ask again in a few seconds.")
    return {
        "format": FORMAT,
        "origin": ledger.notes[-1].partition("\n")[0],
        "entries": ledger.size,
        "checkpoints": len(ledger.notes),
        "sources": published,
        "keys": ledger.keys,
    }


@dataclass(frozen=True, slots=True)
class InDatabase:
    """A ledger in a database that may be read directly: the hub's own, or a copy.

    Args:
        patience_seconds: how long what was published may take to be entered and signed.
    """

    url: str
    patience_seconds: float = PATIENCE_SECONDS

    async def published(self) -> dict[str, int]:
        """By each service's own mark."""
        return await published_at(self.url)

    @asynccontextmanager
    async def open(self, published: dict[str, int]) -> AsyncIterator[Opened]:
        """All of it at one instant."""
        clock = asyncio.get_running_loop().time
        ends_at = clock() + self.patience_seconds
        while not await self._has(published):
            if clock() >= ends_at:
                break
            await asyncio.sleep(_LOOK_SECONDS)
        async with one_instant(self.url) as connection:
            head = await connection.fetchrow(_HEAD)
            notes, keys = json.loads(head["notes"]), json.loads(head["keys"])
            yield Opened(head["size"], notes, keys, _entries(connection))

    async def _has(self, published: dict[str, int]) -> bool:
        async with one_instant(self.url) as connection:
            marks = {row["source"]: row["position"] for row in await connection.fetch(_MARKS)}
            signed = await connection.fetchval("select max(size) from audit.checkpoint")
        return bool(signed) and all(marks.get(source, 0) >= mark for source, mark in published.items())


async def published_at(url: str) -> dict[str, int]:
    """How far each source has published, by its own mark.

    Raises:
        StackFailure: there is no ledger.
    """
    async with one_instant(url) as connection:
        if await connection.fetchval("select to_regclass('audit.entry')") is None:
            raise StackFailure(
                "This hub has no ledger: it was set up before there was one. ./kem up makes it."
            )
        found = {}
        for source in sorted({source for sources in SOURCES.values() for source in sources}):
            if await connection.fetchval("select to_regclass($1)", f"{source}.publication") is not None:
                found[source] = await connection.fetchval(f"select position from {source}.publication")
    return {source: position for source, position in found.items() if position}


async def _entries(connection: asyncpg.Connection) -> AsyncIterator[tuple[bytes, str]]:
    async for row in connection.cursor(_ENTRIES, prefetch=_AT_ONCE):
        yield row["leaf_hash"], row["body"]
