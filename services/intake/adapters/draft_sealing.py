"""What drafts say, sealed under a key of its own for each save, which is wrapped as people's keys are."""

import os
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kernel.ids import random_id
from services.intake.adapters.keys import EpochDestroyed, KeyProvider, WrappedKey
from services.intake.adapters.sealing import NONCE_BYTES, RecordAltered

KEY_BITS: Final = 256


@dataclass(frozen=True, slots=True)
class SealedDraft:
    """What a draft says as it may lie in a database, and the key that opens it."""

    key_id: UUID
    key: WrappedKey
    content: bytes


class DraftSealer:
    """Seals and opens. No key is remembered, and no roll wraps one anew: with its epoch the draft is gone."""

    def __init__(self, keys: KeyProvider) -> None:
        self._keys = keys

    def seal(self, writer_id: UUID, draft_id: UUID, content: bytes) -> SealedDraft:
        """Bound to its writer, its id and its key."""
        key, key_id, nonce = AESGCM.generate_key(KEY_BITS), random_id(), os.urandom(NONCE_BYTES)
        context = _context(writer_id, draft_id, key_id)
        sealed = nonce + AESGCM(key).encrypt(nonce, content, context)
        return SealedDraft(key_id, self._keys.wrap(key, context), sealed)

    def open(self, writer_id: UUID, draft_id: UUID, sealed: SealedDraft) -> bytes | None:
        """What was sealed; None where the epoch of its key was destroyed.

        Raises:
            RecordAltered: it was sealed for another draft, or was altered.
            KeysUnusable: the wrapped key was.
        """
        context = _context(writer_id, draft_id, sealed.key_id)
        try:
            key = self._keys.unwrap(sealed.key, context)
        except EpochDestroyed:
            return None
        try:
            return AESGCM(key).decrypt(sealed.content[:NONCE_BYTES], sealed.content[NONCE_BYTES:], context)
        except (InvalidTag, ValueError):
            raise RecordAltered(f"the content of draft {draft_id} does not fit it") from None

    def epochs(self) -> list[int]:
        """In which a key can be opened."""
        return list(self._keys.epochs())


def _context(writer_id: UUID, draft_id: UUID, key_id: UUID) -> bytes:
    return f"draft|{writer_id}|{draft_id}|{key_id}".encode()
