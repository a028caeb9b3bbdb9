"""Words of somebody who does not say who they are: sealed, though no person's key could seal them."""

import os
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.intake.adapters.keys import KeyProvider
from services.intake.adapters.sealing import NONCE_BYTES, RecordAltered

_PURPOSE: Final = "unnamed words"


def seal_unnamed(keys: KeyProvider, subject: UUID, words: str) -> bytes:
    """Under a key of the subject's own; it follows from the root key, so no roll of epochs touches it."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _cipher(keys, subject).encrypt(nonce, words.encode(), subject.bytes)


def open_unnamed(keys: KeyProvider, subject: UUID, sealed: bytes) -> str:
    """What was sealed.

    Raises:
        RecordAltered: other bytes, or another subject than it was sealed for.
    """
    try:
        plain = _cipher(keys, subject).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], subject.bytes)
    except (InvalidTag, ValueError):
        raise RecordAltered(f"sealed words do not fit {subject}") from None
    return plain.decode()


def _cipher(keys: KeyProvider, subject: UUID) -> AESGCM:
    return AESGCM(keys.digest(_PURPOSE, subject.bytes))
