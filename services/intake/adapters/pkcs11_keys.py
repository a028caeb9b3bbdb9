"""The vault's keys in a token that speaks PKCS#11 (a hardware module, or SoftHSM2): no key ever leaves it.

On the token lie `kem-root`, a generic secret for digests and the fingerprint, and `kem-epoch-<n>`, an AES-256
key for each epoch. All are sensitive and cannot be extracted. The token must know AES-GCM and SHA256-HMAC.
"""

import contextlib
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.exceptions import (
    EncryptedDataInvalid,
    EncryptedDataLenRange,
    GeneralError,
    NoSuchKey,
    ObjectHandleInvalid,
    PKCS11Error,
    UserAlreadyLoggedIn,
)

from kernel.errors import Unavailable
from services.intake.adapters.keys import EpochDestroyed, KeysUnusable, WrappedKey

ROOT: Final = "kem-root"
_EPOCH: Final = re.compile(r"kem-epoch-(\d+)")
_KEY_BITS: Final = 256
_NONCE_BYTES: Final = 12
_TAG_BITS: Final = 128
_DOES_NOT_OPEN: Final = (EncryptedDataInvalid, EncryptedDataLenRange, GeneralError)
"""PKCS#11 has words for it; SoftHSM2 says GeneralError."""
_KEPT_INSIDE: Final = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.PRIVATE: True}


@dataclass(frozen=True, slots=True)
class Token:
    """Which token, and how to get into it; the PIN stays in its file."""

    module: Path
    label: str
    pin_file: Path

    def __str__(self) -> str:
        return f"the token {self.label!r} ({self.module})"

    def has_root(self) -> bool:
        """Whether the token holds a vault's keys already."""
        with self._session() as session:
            return _found(session, ROOT) is not None

    def initialise(self) -> None:
        """Makes what is missing; by one process at a time."""
        with self._session() as session:
            if _found(session, ROOT) is None:
                session.generate_key(
                    KeyType.GENERIC_SECRET,
                    _KEY_BITS,
                    label=ROOT,
                    store=True,
                    capabilities=MechanismFlag.SIGN,
                    template=_KEPT_INSIDE,
                )
            if not _epochs_in(session):
                _make_epoch(session, 1)

    def open(self) -> "Pkcs11KeyProvider":
        """Signs in. No such library or token, a wrong PIN and a token without keys are KeysUnusable."""
        return Pkcs11KeyProvider.over(self, self._open())

    def open_anew(self) -> Any:
        """A session by a library that has begun anew: some see a token that came back only then."""
        with contextlib.suppress(PKCS11Error, RuntimeError):
            pkcs11.unload(str(self.module))
        return self._open()

    @contextmanager
    def _session(self) -> Iterator[Any]:
        session = self._open()
        try:
            yield session
        finally:
            session.close()

    def _open(self) -> Any:
        try:
            pin = self.pin_file.read_text(encoding="utf-8").strip()
            token = pkcs11.lib(str(self.module)).get_token(token_label=self.label)
            try:
                return token.open(rw=True, user_pin=pin)
            except UserAlreadyLoggedIn:  # by another session of this process
                return token.open(rw=True)
        except (PKCS11Error, RuntimeError, OSError) as error:
            raise KeysUnusable(
                f"The vault's token {self.label!r} cannot be used ({type(error).__name__}): look at the"
                f" device, its library {self.module}, and the PIN in {self.pin_file};"
                " put back what is missing."
            ) from None


class Pkcs11KeyProvider:
    """A `KeyProvider` over one token. Several processes may share it, each with a session of its own."""

    def __init__(self, token: Token, session: Any, root: Any) -> None:
        self._token = token
        self._session = session
        self._root = root
        self._alone = threading.RLock()  # a session does one thing at a time
        self._epochs: dict[int, Any] = {}
        self._is_lost = False
        self.fingerprint = self._hmac(b"fingerprint\0")[:16]

    @classmethod
    def over(cls, token: Token, session: Any) -> Self:
        """The keys on a token that was signed in to.

        Raises:
            KeysUnusable: it holds none, or not all.
        """
        root = _found(session, ROOT)
        if root is None:
            raise KeysUnusable(f"There is no key {ROOT!r} on {token}: put the vault's own token back.")
        keys = cls(token, session, root)
        if not keys.epochs():
            raise KeysUnusable(f"The vault's epoch keys are missing on {token}: put its copy back.")
        return keys

    @property
    def current_epoch(self) -> int:
        return max(self.epochs(), default=0)

    def epochs(self) -> list[int]:
        with self._asking() as session:
            return _epochs_in(session)

    def wrap(self, key: bytes, context: bytes) -> WrappedKey:
        epoch, nonce = self.current_epoch, os.urandom(_NONCE_BYTES)
        with self._asking():
            sealed = self._epoch(epoch).encrypt(
                key, mechanism=Mechanism.AES_GCM, mechanism_param=_gcm(nonce, context)
            )
        return WrappedKey(epoch, nonce + sealed)

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        gcm, sealed = _gcm(wrapped.wrapped[:_NONCE_BYTES], context), wrapped.wrapped[_NONCE_BYTES:]
        with self._asking():
            epoch = self._epoch(wrapped.epoch)
            try:
                key: bytes = epoch.decrypt(sealed, mechanism=Mechanism.AES_GCM, mechanism_param=gcm)
            except ObjectHandleInvalid:  # another process has destroyed it
                raise self._destroyed(wrapped.epoch) from None
            except _DOES_NOT_OPEN:
                if _found(self._session, ROOT) is None:
                    self._is_lost = True
                    raise _away() from None
                raise KeysUnusable(
                    "A wrapped key of the vault does not open: it was altered, or moved to another person."
                ) from None
        return key

    def rewrap(self, wrapped: WrappedKey, context: bytes) -> WrappedKey:
        return self.wrap(self.unwrap(wrapped, context), context)

    def begin_epoch(self) -> int:
        with self._asking() as session:
            epoch = self.current_epoch + 1
            _make_epoch(session, epoch)
        return epoch

    def destroy_epoch(self, epoch: int) -> None:
        if epoch == self.current_epoch:
            raise ValueError("the current epoch is in use; begin another one first")
        with self._asking() as session:
            self._epochs.pop(epoch, None)
            found = _found(session, f"kem-epoch-{epoch}")
            if found is not None:
                found.destroy()

    def digest(self, purpose: str, value: bytes) -> bytes:
        return self._hmac(f"digest/{purpose}\0".encode() + value)

    def close(self) -> None:
        """Signs out."""
        with contextlib.suppress(PKCS11Error):
            self._session.close()

    @contextmanager
    def _asking(self) -> Iterator[Any]:
        """The session, one caller at a time; one that the token has ended is opened anew by the next.

        Raises:
            Unavailable: the token does not answer. What it does not show then was not destroyed.
        """
        with self._alone:
            try:
                if self._is_lost:
                    self._session = self._token.open_anew()
                    root = _found(self._session, ROOT)
                    if root is None:
                        raise _away()
                    self._root, self._is_lost = root, False
                    self._epochs.clear()
                yield self._session
            except (PKCS11Error, KeysUnusable) as error:
                if isinstance(error, KeysUnusable) and not self._is_lost:
                    raise
                self._is_lost = True
                raise _away() from None

    def _hmac(self, value: bytes) -> bytes:
        with self._asking():
            digest: bytes = self._root.sign(value, mechanism=Mechanism.SHA256_HMAC)
        return digest

    def _epoch(self, epoch: int) -> Any:
        known = self._epochs.get(epoch)
        if known is None:
            known = _found(self._session, f"kem-epoch-{epoch}")
            if known is None:
                raise self._destroyed(epoch)
            self._epochs[epoch] = known
        return known

    def _destroyed(self, epoch: int) -> EpochDestroyed | Unavailable:
        """Of a token that shows its root; one that shows nothing has not lost this epoch only."""
        self._epochs.pop(epoch, None)
        if _found(self._session, ROOT) is None:
            self._is_lost = True
            return _away()
        return EpochDestroyed(f"epoch {epoch} was destroyed")


def _away() -> Unavailable:
    return Unavailable("The vault's token does not answer; nobody's data can be read until it does.")


def _found(session: Any, label: str) -> Any:
    try:
        return session.get_key(object_class=ObjectClass.SECRET_KEY, label=label)
    except NoSuchKey:
        return None


def _epochs_in(session: Any) -> list[int]:
    keys = session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY})
    names = (_EPOCH.fullmatch(key.label) for key in keys)
    return sorted(int(name[1]) for name in names if name)


def _make_epoch(session: Any, epoch: int) -> None:
    session.generate_key(
        KeyType.AES,
        _KEY_BITS,
        label=f"kem-epoch-{epoch}",
        store=True,
        capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
        template=_KEPT_INSIDE,
    )


def _gcm(nonce: bytes, context: bytes) -> Any:
    return pkcs11.GCMParams(nonce, context, _TAG_BITS)
