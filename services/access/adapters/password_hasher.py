"""Passwords as argon2id hashes (RFC 9106), computed beside the event loop, a few at a time."""

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from kernel.errors import Exhausted
from services.access.domain.password import plain_password

MEMORY_KIB: Final = 32 * 1024
ITERATIONS: Final = 3
LANES: Final = 1
"""Above OWASP's least (19 MiB, 2, 1); about 0.1 s on one core."""
AT_ONCE: Final = 2
MOST_WAITING: Final = 64


class NoPlace(Exhausted):
    """Too many want to be looked at; it passes, and no try was counted."""

    def __init__(self) -> None:
        super().__init__("Too many people sign in at this moment; try again in a few seconds.")


class Place:
    """A place in the queue: whoever has it is computed for, and not refused any more."""

    def __init__(self, threads: ThreadPoolExecutor, nobodys: str) -> None:
        self._threads = threads
        self._nobodys = nobodys

    async def hash(self, password: str) -> str:
        """The hash of a new password, in the PHC string format."""
        return str(await self._run(_hash, plain_password(password)))

    async def fits(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the one of this hash; None is nobody's: as long a look, and never."""
        plain = plain_password(password)
        return bool(await self._run(_fits, password_hash or self._nobodys, plain)) and bool(password_hash)

    async def _run(self, compute: object, *arguments: str) -> object:
        return await asyncio.get_running_loop().run_in_executor(self._threads, compute, *arguments)  # type: ignore[arg-type]  # one of the two below


class PasswordHasher:
    """Makes and compares hashes. Whoever floods it is refused before memory or cores run out.

    Half of the places are kept for those of whom something is known already: strangers cannot take them all.
    """

    def __init__(self, *, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="argon2id")
        self._most = at_once + most_waiting
        self._taken = self._taken_by_strangers = 0
        self._nobodys = _hash(os.urandom(16).hex())

    @contextmanager
    def place(self, *, is_stranger: bool) -> Iterator[Place]:
        """A place, until it is left.

        Args:
            is_stranger: whether nothing speaks for whoever asks: no assertion, no device that is known.

        Raises:
            NoPlace: there is none.
        """
        if self._taken >= self._most or (is_stranger and self._taken_by_strangers >= self._most // 2):
            raise NoPlace
        self._taken += 1
        self._taken_by_strangers += is_stranger
        try:
            yield Place(self._threads, self._nobodys)
        finally:
            self._taken -= 1
            self._taken_by_strangers -= is_stranger

    def close(self) -> None:
        """Lets no thread stay."""
        self._threads.shutdown(wait=False)


def _hash(password: str) -> str:
    kdf = Argon2id(salt=os.urandom(16), length=32, iterations=ITERATIONS, lanes=LANES, memory_cost=MEMORY_KIB)
    return kdf.derive_phc_encoded(password.encode())


def _fits(password_hash: str, password: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(password.encode(), password_hash)
    except InvalidKey:
        return False
    return True
