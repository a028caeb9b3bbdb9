"""Signed notes (c2sp.org/signed-note) and what is written in them: checkpoints (c2sp.org/tlog-checkpoint)."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from services.audit.domain.tree import HASH_BYTES

ED25519: Final = b"\x01"


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A key that signs notes, by its public half.

    Args:
        name: neither spaces nor plus signs in it.
        public_key: 32 bytes of Ed25519.
    """

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not self.name or "+" in self.name or any(letter.isspace() for letter in self.name):
            raise ValueError("the name of a note's key has no space and no plus sign in it")

    @property
    def key_id(self) -> bytes:
        """Four bytes by which a signature says which key made it."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public_key).digest()[:4]

    @property
    def verifier_key(self) -> str:
        """The whole of it as a line that verifiers are given (a vkey)."""
        public = base64.b64encode(ED25519 + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{public}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log stands for: so many entries, under this root."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.root) != HASH_BYTES or not self.origin or "\n" in self.origin:
            raise ValueError("this is no checkpoint")

    @property
    def text(self) -> str:
        """The note's text."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def signed(text: str, key: NoteKey, sign: Callable[[bytes], bytes]) -> str:
    """The text as a note with one signature."""
    signature = base64.b64encode(key.key_id + sign(text.encode())).decode()
    return f"{text}\n— {key.name} {signature}\n"


def proof_file(index: int, path: Sequence[bytes], checkpoint: str) -> str:
    """A proof that verifies offline (c2sp.org/tlog-proof): where an entry is under a signed checkpoint."""
    hashes = "".join(f"{base64.b64encode(one).decode()}\n" for one in path)
    return f"c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}\n{checkpoint}"
