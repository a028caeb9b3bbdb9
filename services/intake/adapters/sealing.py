"""AES-256-GCM under a person's own keys; each piece opens only where it belongs."""

import os
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kernel.ids import random_id
from services.intake.adapters.keys import EpochDestroyed, KeyProvider, WrappedKey

NONCE_BYTES: Final = 12


class RecordAltered(Exception):
    """A sealed piece does not fit the place where it was found: a fault or an attack."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """A person's key of one class: wrapped for the database, and ready to use."""

    key_id: UUID
    key_class: str
    wrapped: WrappedKey
    cipher: AESGCM


class Sealer:
    """Seals and opens. Opened keys are kept in memory, the least used dropped first.

    A key serves from memory only together with the wrapped key just read from the database: where that is
    gone, the person is erased, whatever is remembered here.
    """

    def __init__(self, keys: KeyProvider, *, remembered_keys: int = 8192) -> None:
        self._keys = keys
        self._remembered: OrderedDict[tuple[UUID, bytes], AESGCM] = OrderedDict()
        self._most = remembered_keys

    def new_key(self, beneficiary_id: UUID, key_class: str) -> DataKey:
        """A fresh key for a person."""
        key, key_id = AESGCM.generate_key(256), random_id()
        wrapped = self._keys.wrap(key, key_context(beneficiary_id, key_class, key_id))
        return DataKey(key_id, key_class, wrapped, self._remember(key_id, wrapped, AESGCM(key)))

    def key_of(self, row: Mapping[str, Any]) -> DataKey | None:
        """The key in a row with beneficiary_id, key_class, key_id, epoch, wrapped; None where it is gone.

        Raises:
            KeysUnusable: the wrapped key was altered.
        """
        if row["wrapped"] is None:
            return None
        key_id, key_class = row["key_id"], row["key_class"]
        wrapped = WrappedKey(row["epoch"], row["wrapped"])
        cipher = self._remembered.get((key_id, wrapped.wrapped))
        if cipher is not None:
            self._remembered.move_to_end((key_id, wrapped.wrapped))
            return DataKey(key_id, key_class, wrapped, cipher)
        try:
            key = self._keys.unwrap(wrapped, key_context(row["beneficiary_id"], key_class, key_id))
        except EpochDestroyed:
            return None
        return DataKey(key_id, key_class, wrapped, self._remember(key_id, wrapped, AESGCM(key)))

    def _remember(self, key_id: UUID, wrapped: WrappedKey, cipher: AESGCM) -> AESGCM:
        self._remembered[key_id, wrapped.wrapped] = cipher
        if len(self._remembered) > self._most:
            self._remembered.popitem(last=False)
        return cipher


def seal(key: DataKey, beneficiary_id: UUID, category: str, version: int, plain: bytes) -> bytes:
    """A random nonce, then ciphertext and tag, bound to person, category, version and key."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + key.cipher.encrypt(nonce, plain, _context(key, beneficiary_id, category, version))


def unseal(key: DataKey, beneficiary_id: UUID, category: str, version: int, sealed: bytes) -> bytes:
    """What was sealed.

    Raises:
        RecordAltered: other bytes, or another person, category, version or key than it was sealed for.
    """
    context = _context(key, beneficiary_id, category, version)
    try:
        return key.cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
    except (InvalidTag, ValueError):
        raise RecordAltered(f"a sealed {category} of {beneficiary_id} does not fit its place") from None


def _context(key: DataKey, beneficiary_id: UUID, category: str, version: int) -> bytes:
    return f"{beneficiary_id}|{category}|{version}|{key.key_id}".encode()


def key_context(beneficiary_id: UUID, key_class: str, key_id: UUID) -> bytes:
    """What a person's key is wrapped for: it opens nowhere else."""
    return f"{beneficiary_id}|{key_class}|{key_id}".encode()
