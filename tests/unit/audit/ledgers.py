"""A small ledger of invented entries, signed, and whatever somebody might do to it."""

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.audit.domain.note import Checkpoint, NoteKey, signed
from services.audit.domain.tree import Edge, leaf_hash
from tools.audit.verifier import FORMAT, Key, canonical

ORIGIN = "kem.example/ledger"


@dataclass
class Signer:
    """A key of its own."""

    seed: bytes = b"1" * 32
    name: str = ORIGIN

    @property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def key(self) -> NoteKey:
        return NoteKey(self.name, self.private.public_key().public_bytes_raw())

    @property
    def trusted(self) -> Key:
        return Key.read(self.key.verifier_key)

    def checkpoint(self, size: int, root: bytes, origin: str = ORIGIN) -> str:
        return signed(Checkpoint(origin, size, root).text, self.key, self.private.sign)


@dataclass
class Ledger:
    """Its parts, in the open: a test changes some and writes the file."""

    entries: list[dict[str, Any]]
    sizes: Sequence[int]
    signer: Signer = field(default_factory=Signer)
    header: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)

    def seal(self) -> "Ledger":
        """Writes everything as the hub would."""
        edge = Edge()
        self.notes, self.lines = [], []
        for entry in self.entries:
            body = canonical(entry)
            edge.append(leaf_hash(body))
            self.lines.append(base64.b64encode(leaf_hash(body)) + b" " + body + b"\n")
            if edge.size in self.sizes:
                self.notes.append(self.signer.checkpoint(edge.size, edge.root))
        marks: dict[str, int] = {}
        for entry in self.entries:
            marks[entry["source"]] = entry["position"]
        self.header = {
            "format": FORMAT,
            "origin": ORIGIN,
            "entries": len(self.entries),
            "checkpoints": len(self.notes),
            "sources": marks,
            "keys": [self.signer.key.verifier_key],
        }
        return self

    def file(self) -> Iterable[bytes]:
        yield json.dumps(self.header | {"checkpoints": len(self.notes)}).encode() + b"\n"
        for note in self.notes:
            yield json.dumps(note).encode() + b"\n"
        yield from self.lines


def ledger(count: int = 40, sizes: Sequence[int] = (8, 16, 23, 37)) -> Ledger:
    """Entries of two sources by turns, and the checkpoints at these sizes."""
    entries = [
        {
            "v": 1,
            "index": number,
            "salt": f"{number:032x}",
            "source": ("intake", "referral")[number % 2],
            "position": number // 2 + 1,
            "type": "NeedRecorded",
            "recorded_time": f"2026-03-02T09:00:{number:02}.000000Z",
        }
        for number in range(count)
    ]
    return Ledger(entries, sizes).seal()
