"""Where the keys of the vault come from, whatever keeps them: a file, or a device."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class KeysUnusable(Exception):
    """The root key is missing, wrong or open to others; one sentence that says what to do."""


class EpochDestroyed(Exception):
    """The key of this epoch is gone for ever, and with it whatever only it could open."""


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as it may lie in a database: encrypted under the key of an epoch."""

    epoch: int
    wrapped: bytes


class KeyProvider(Protocol):
    """Holds the key of each epoch and the keys of the index, and lets none of them out.

    `context` says what a data key is for; a wrapped key opens with the very context that it was wrapped with.
    """

    @property
    def current_epoch(self) -> int:
        """The epoch that new keys are wrapped in."""

    def epochs(self) -> Sequence[int]:
        """The epochs whose keys are there, in their order, as of now."""

    @property
    def fingerprint(self) -> bytes:
        """Tells one root key from another and gives nothing of it away."""

    def wrap(self, key: bytes, context: bytes) -> WrappedKey:
        """Wraps a data key in the current epoch."""

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """The data key.

        Raises:
            EpochDestroyed: a normal end of a key's life, not a fault.
            KeysUnusable: it was wrapped by another root key or for another context, or was altered.
        """

    def rewrap(self, wrapped: WrappedKey, context: bytes) -> WrappedKey:
        """The same data key in the current epoch. Raises as `unwrap` does."""

    def begin_epoch(self) -> int:
        """Makes a fresh key that is current from now on; the earlier ones still open what they wrapped."""

    def destroy_epoch(self, epoch: int) -> None:
        """Destroys a key for ever; repeat-safe. The current epoch is refused (ValueError)."""

    def digest(self, purpose: str, value: bytes) -> bytes:
        """HMAC-SHA256 of `value` with the key of `purpose`; 32 bytes, the same in every epoch."""


class KeyKeeper(Protocol):
    """Where the keys lie; as text, the place that a person would look at."""

    def has_root(self) -> bool:
        """Whether there is a root key."""

    def initialise(self) -> None:
        """Makes a root key and the first epoch where there is nothing. Only for a database without people.

        Repeat-safe.
        """

    def open(self) -> KeyProvider:
        """The keys, ready for use.

        Raises:
            KeysUnusable: they are missing, do not fit, or cannot be reached; what to do.
        """
