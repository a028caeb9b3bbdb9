"""The vault's keys in files: a folder beside the database, never in it and never in its backups.

`root.key` (0400) is 32 random bytes in base64; `epoch-<n>.key` is an epoch's key, encrypted under the root.
"""

import base64
import contextlib
import hashlib
import hmac
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kernel.errors import Unavailable
from services.intake.adapters.keys import EpochDestroyed, KeysUnusable, WrappedKey

ROOT_FILE: Final = "root.key"
_EPOCH_FILE: Final = re.compile(r"epoch-(\d+)\.key")
_GONE: Final = ".gone"
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class KeyFolder:
    """A folder in which `FileKeyProvider` keeps the keys."""

    folder: Path

    def __str__(self) -> str:
        return str(self.folder)

    def has_root(self) -> bool:
        """Whether there is a root key."""
        return (self.folder / ROOT_FILE).exists()

    def initialise(self) -> None:
        """Makes what is missing; the first of two processes is right."""
        FileKeyProvider.initialise(self.folder)

    def open(self) -> "FileKeyProvider":
        """Reads the folder. What is missing, does not fit or is open to others is KeysUnusable."""
        return FileKeyProvider.open(self.folder)


class FileKeyProvider:
    """A `KeyProvider` over a folder. Several processes may share it."""

    def __init__(self, folder: Path, root: bytes) -> None:
        self._folder = folder
        self._seals_epochs = AESGCM(_derived(root, "epochs"))
        self._root = root
        self._digest_keys: dict[str, bytes] = {}
        self._epochs: dict[int, AESGCM] = {}
        self.fingerprint = _derived(root, "fingerprint")[:16]

    @classmethod
    def initialise(cls, folder: Path) -> None:
        """Makes a root key and the first epoch where there is nothing. Only for a database without people.

        Repeat-safe, also in two processes at once: the first one's key stands.
        """
        _write_once(folder / ROOT_FILE, base64.b64encode(os.urandom(_KEY_BYTES)) + b"\n")
        keys = cls(folder, _read_root(folder))
        if not keys.epochs():
            keys._write_epoch(1)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Reads the folder.

        Raises:
            KeysUnusable: the root key or its epochs are missing, do not fit, or others may read them.
        """
        keys = cls(folder, _read_root(folder))
        keys._remove_leftovers()
        for epoch in keys.epochs():
            keys._epoch(epoch)
        if not keys._epochs:
            raise KeysUnusable(f"The vault's epoch keys are missing in {folder}: put the whole folder back.")
        return keys

    @property
    def current_epoch(self) -> int:
        return max(self.epochs(), default=0)

    def epochs(self) -> list[int]:
        try:
            names = list(map(_EPOCH_FILE.fullmatch, os.listdir(self._folder)))
        except FileNotFoundError:
            raise _away() from None
        return sorted(int(name[1]) for name in names if name)

    def wrap(self, key: bytes, context: bytes) -> WrappedKey:
        epoch, nonce = self.current_epoch, os.urandom(_NONCE_BYTES)
        return WrappedKey(epoch, nonce + self._epoch(epoch).encrypt(nonce, key, context))

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        nonce, sealed = wrapped.wrapped[:_NONCE_BYTES], wrapped.wrapped[_NONCE_BYTES:]
        try:
            return self._epoch(wrapped.epoch).decrypt(nonce, sealed, context)
        except InvalidTag:
            raise KeysUnusable(
                "A wrapped key of the vault does not open: it was altered, or moved to another person."
            ) from None

    def rewrap(self, wrapped: WrappedKey, context: bytes) -> WrappedKey:
        return self.wrap(self.unwrap(wrapped, context), context)

    def begin_epoch(self) -> int:
        epoch = self.current_epoch + 1
        self._write_epoch(epoch)
        return epoch

    def destroy_epoch(self, epoch: int) -> None:
        if epoch == self.current_epoch:
            raise ValueError("the current epoch is in use; begin another one first")
        self._epochs.pop(epoch, None)
        file = self._folder / f"epoch-{epoch}.key"
        with contextlib.suppress(FileNotFoundError):
            # first it is no epoch's any more: whoever ends here leaves no key that looks damaged
            file.rename(file.with_name(f".{file.name}{_GONE}"))
            _sync_folder(self._folder)
        self._remove_leftovers()

    def _remove_leftovers(self) -> None:
        """Overwrites and removes the keys of epochs that were being destroyed."""
        for file in self._folder.glob(f".*{_GONE}"):
            with contextlib.suppress(FileNotFoundError):
                file.chmod(0o600)
                with file.open("r+b") as opened:
                    opened.write(bytes(file.stat().st_size))
                    opened.flush()
                    os.fsync(opened.fileno())
                file.unlink()
        _sync_folder(self._folder)

    def digest(self, purpose: str, value: bytes) -> bytes:
        key = self._digest_keys.get(purpose)
        if key is None:
            key = self._digest_keys[purpose] = _derived(self._root, f"digest/{purpose}")
        return hmac.digest(key, value, hashlib.sha256)

    def _epoch(self, epoch: int) -> AESGCM:
        file = self._folder / f"epoch-{epoch}.key"
        known = self._epochs.get(epoch)
        if known is not None:
            if file.exists():
                return known
            del self._epochs[epoch]  # another process has destroyed it
        try:
            content = base64.b64decode(_read_private(file))
        except FileNotFoundError:
            if not (self._folder / ROOT_FILE).exists():
                raise _away() from None
            raise EpochDestroyed(f"epoch {epoch} was destroyed") from None
        try:
            key = self._seals_epochs.decrypt(
                content[:_NONCE_BYTES], content[_NONCE_BYTES:], file.name.encode()
            )
        except (InvalidTag, ValueError):
            raise KeysUnusable(
                f"{file} was not made by the root key beside it: put the whole folder {self._folder} back,"
                " and keep the one of today aside: keys that were made since the copy are in no other place."
            ) from None
        self._epochs[epoch] = AESGCM(key)
        return self._epochs[epoch]

    def _write_epoch(self, epoch: int) -> None:
        file, nonce = self._folder / f"epoch-{epoch}.key", os.urandom(_NONCE_BYTES)
        sealed = self._seals_epochs.encrypt(nonce, os.urandom(_KEY_BYTES), file.name.encode())
        _write_once(file, base64.b64encode(nonce + sealed) + b"\n")


def _away() -> Unavailable:
    """A folder that is not there tells nothing of its keys: nobody was erased by it."""
    return Unavailable("The vault's key folder is away; nobody's data can be read until it is back.")


def _derived(root: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=f"kem.vault/{purpose}".encode()).derive(root)


def _read_root(folder: Path) -> bytes:
    file = folder / ROOT_FILE
    try:
        root = base64.b64decode(_read_private(file), validate=False)
    except FileNotFoundError:
        raise KeysUnusable(
            f"The vault's root key is missing: {file}. Without it nobody can read the people in the database;"
            " put the key folder back."
        ) from None
    except ValueError:
        root = b""
    if len(root) != _KEY_BYTES:
        raise KeysUnusable(f"{file} is not a root key: put the right one back.")
    return root


def _read_private(file: Path) -> bytes:
    if file.stat().st_mode & 0o077:
        raise KeysUnusable(
            f"Others on this machine may read {file}: make it 0400 (chmod 0400) and start again."
        )
    return file.read_bytes().strip()


def _write_once(file: Path, content: bytes) -> None:
    """Makes the file, whole or not at all, unless it is there."""
    draft = file.with_name(f".{file.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink()
    _sync_folder(file.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
