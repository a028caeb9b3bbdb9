"""The ledger's checkpoints as an agency keeps them: outside of the hub, and held against each other.

Whoever keeps the ledger could write it anew, or lose its end, but not the checkpoints that others have.
"""

import hashlib
import os
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, Final

from kem.audit.v1 import audit_service_pb2 as messages
from tools.audit.verifier import Checkpoint, Key, Wrong, check_consistency, open_checkpoint
from tools.partner.calls import Refused

Ask = Callable[[Callable[..., Any], Any], Awaitable[Any]]

_TELL: Final = "Tell KEM's data protection officer, and keep {folder}."
_SUFFIX: Final = ".checkpoint"


class KeptCheckpoints:
    """The checkpoints of one agency in a folder of its own, each in a file that `./kem audit verify` reads.

    Args:
        ask: makes a call for the agency.
        audit: the ledger's door.
    """

    def __init__(self, folder: Path, ask: Ask, audit: Any) -> None:
        self._folder = folder
        self._ask = ask
        self._audit = audit

    async def keep(self, note: str) -> str:
        """Keeps a checkpoint that came, whatever it says; answers what there is to say of it, as markup.

        The key that is met first is taken as the ledger's. Another one is the hub's word about itself and no
        more until somebody here accepts it: it is said of each checkpoint that it signs.

        Raises:
            Refused: the hub cannot be asked what goes with it.
        """
        accepted = self._keys() or await self._accept(await self._offered())
        try:
            came, strange = open_checkpoint(note, accepted), ""
        except Wrong:
            try:
                came, strange = await self._open_by_others(note)
            except Wrong as wrong:
                self._write("not-signed", note)
                return self._alarm(f"A checkpoint of the ledger came that does not hold: {wrong}.")
        newest = self._newest()
        self._write(str(came.size), note)
        if newest is not None and (doubt := await self._doubt(newest, came)):
            return self._alarm(doubt)
        kept = f"the ledger's checkpoint of {came.size:,} entries is kept in {self._folder}"
        if not strange:
            return f"[dim]{kept}[/]"
        return (
            f"[yellow]{kept}, and another key signs it than you have accepted, number {strange}. Ask KEM"
            " whether it is theirs, at a telephone number that you know; if so, type:"
            f" ledger accept {strange}[/]"
        )

    async def accept(self, number: str) -> str:
        """Takes one of the keys that the hub names as the ledger's; answers what there is to say, as markup.

        Raises:
            Refused: the hub cannot be asked.
        """
        for line in await self._offered():
            if Key.read(line).key_id.hex() == number.lower():
                await self._accept([line])
                return f"[green]the ledger's key {number.lower()} is accepted from now on[/]"
        return self._alarm(f"The hub names no key of the number {number} as its ledger's.")

    async def ask_for_newest(self) -> str:
        """Keeps the newest one that the hub has; answers what there is to say of it, as markup.

        Raises:
            Refused: the hub has none yet, or cannot be asked.
        """
        given = await self._ask(self._audit.GetCheckpoint, messages.GetCheckpointRequest())
        return await self.keep(given.note)

    def _newest(self) -> Path | None:
        """The kept one of most entries."""
        files = (file for file in self._folder.glob(f"*{_SUFFIX}") if file.stem.isdecimal())
        return max(files, key=lambda file: int(file.stem), default=None)

    async def _doubt(self, kept: Path, newer: Checkpoint) -> str:
        """What is wrong between the two; empty where the newer one goes on from the kept one."""
        try:
            note = kept.read_text()
            try:
                older = open_checkpoint(note, self._keys())
            except Wrong:  # it may be one by a key that nobody has accepted yet
                older, _ = await self._open_by_others(note)
        except (Wrong, ValueError):
            return f"{kept.name}, a checkpoint that was kept here, can no longer be read."
        if newer.size < older.size:
            return f"The ledger has become shorter: {newer.size:,} entries, and it had {older.size:,}."
        request = messages.GetConsistencyProofRequest(old_size=older.size, size=newer.size)
        try:
            path = (await self._ask(self._audit.GetConsistencyProof, request)).hashes
            check_consistency(older.size, older.root, newer.size, newer.root, path)
        except Refused as refusal:
            if refusal.reason != "CHECKPOINT_NOT_FOUND":
                raise
            return f"The hub no longer knows its own checkpoint of {older.size:,} entries."
        except Wrong:
            return f"The ledger does not go on from its own checkpoint of {older.size:,} entries."
        return ""

    def _alarm(self, what: str) -> str:
        return f"[bold red]{what}[/] {_TELL.format(folder=self._folder)}"

    def _keys(self) -> list[Key]:
        try:
            return [Key.read(line) for line in (self._folder / "keys").read_text().split()]
        except OSError:
            return []

    async def _offered(self) -> list[str]:
        """What the hub says are the ledger's keys."""
        given = await self._ask(self._audit.GetCheckpoint, messages.GetCheckpointRequest())
        return list(given.verifier_keys)

    async def _open_by_others(self, note: str) -> tuple[Checkpoint, str]:
        """The checkpoint by one of the keys that the hub names, and that key's number."""
        wrong = Wrong("no key that the hub knows has signed this checkpoint")
        for key in map(Key.read, await self._offered()):
            try:
                return open_checkpoint(note, [key]), key.key_id.hex()
            except Wrong as not_this:
                wrong = not_this
        raise wrong

    async def _accept(self, lines: Iterable[str]) -> list[Key]:
        file = self._folder / "keys"
        known = file.read_text().split() if file.exists() else []
        self._put(file, "\n".join(dict.fromkeys([*known, *lines])) + "\n")
        return self._keys()

    def _write(self, name: str, note: str) -> None:
        """Nothing that was kept is written over: a second one of the same size is a history of its own."""
        file = self._folder / f"{name}{_SUFFIX}"
        if file.exists() and file.read_text() != note:
            digest = hashlib.sha256(note.encode()).hexdigest()[:8]
            file = self._folder / f"{name}-{digest}{_SUFFIX}"
        self._put(file, note)

    def _put(self, file: Path, content: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = file.with_suffix(".new")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(content)
        fresh.replace(file)
