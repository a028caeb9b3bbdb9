"""The key of sign-in: a file outside of the database, from which all that must stay secret in it follows."""

import base64
import hashlib
import hmac
import os
from pathlib import Path
from typing import Final, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_ONE_TIME_BYTES: Final = 10
"""80 bits: nobody guesses so many, and 16 letters are still typed."""


class SignInKey:
    """Digests, seals and makes one-time passwords. Whoever has the file but not the database has nothing."""

    def __init__(self, key: bytes) -> None:
        self._digest_key, sealing, self._one_time_key = (
            HKDF(SHA256(), KEY_BYTES, salt=None, info=f"kem/sign-in/{purpose}".encode()).derive(key)
            for purpose in ("digest", "seal", "one-time password")
        )
        self._seals = AESGCM(sealing)

    @classmethod
    def read(cls, file: Path) -> Self:
        """The key in the file: 32 bytes in base64.

        Raises:
            ValueError: it holds something else.
        """
        key = base64.b64decode(file.read_bytes(), validate=False)
        if len(key) != KEY_BYTES:
            raise ValueError(f"{file.name} does not hold a key of {KEY_BYTES} bytes in base64")
        return cls(key)

    def digest(self, *parts: str) -> bytes:
        """The same for the same parts, and tells nothing of them without the key."""
        return hmac.digest(self._digest_key, "\0".join(parts).encode(), "sha256")

    def one_time_password(self, keeper: UUID, request_id: UUID) -> str:
        """A one-time password that follows from a request and from who makes it: a repeat gets it, nobody
        keeps it, and nobody else has it who knows or guesses the id.
        """
        made = hmac.digest(self._one_time_key, keeper.bytes + request_id.bytes, "sha256")[:_ONE_TIME_BYTES]
        text = base64.b32encode(made).decode().lower()
        return "-".join(text[start : start + 4] for start in range(0, len(text), 4))

    def seal(self, secret: bytes, about: bytes) -> bytes:
        """Encrypts; `about` says what it is of, and must be the same when it is opened."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._seals.encrypt(nonce, secret, about)

    def open(self, sealed: bytes, about: bytes) -> bytes | None:
        """What was sealed; None where another key sealed it, as after a restore without the key folder."""
        try:
            return self._seals.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about)
        except InvalidTag:
            return None


def token_hash(token: str) -> bytes:
    """What is kept of a random secret: it has 256 bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def fresh_token() -> str:
    """A secret of 256 random bits."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
