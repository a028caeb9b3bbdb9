"""The key by which the ledger stands for what it holds."""

from functools import partial
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from chassis.changing_file import ChangingFile
from services.audit.domain.note import Checkpoint, NoteKey, signed


class CheckpointKey:
    """Signs checkpoints of one origin."""

    def __init__(self, origin: str, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = NoteKey(origin, private.public_key().public_bytes_raw())

    @classmethod
    def parse(cls, origin: str, content: bytes) -> Self:
        """The key in a file with this content.

        Raises:
            ValueError: it holds no Ed25519 key without a password.
        """
        try:
            private = load_pem_private_key(content, password=None)
        except (ValueError, TypeError):
            private = None
        if not isinstance(private, Ed25519PrivateKey):
            raise ValueError("the file does not hold the Ed25519 key (PEM) that signs checkpoints")
        return cls(origin, private)

    @classmethod
    def in_file(cls, file: Path, origin: str) -> ChangingFile[Self]:
        """The key that a file holds now: whoever replaces the file has changed the key.

        Raises:
            ValueError: as `parse` says.
        """
        return ChangingFile(file, partial(cls.parse, origin))

    def sign(self, size: int, root: bytes) -> str:
        """The checkpoint of a tree, as a signed note."""
        return signed(Checkpoint(self.public.name, size, root).text, self.public, self._private.sign)
