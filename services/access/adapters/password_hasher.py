"""Passwords as argon2id hashes (RFC 9106), computed beside the event loop, a few at a time."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
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
MOST_WAITING: Final = 32


class PasswordHasher:
    """Makes and compares hashes. Whoever floods it is refused before memory or cores run out."""

    def __init__(self, *, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="argon2id")
        self._most = at_once + most_waiting
        self._under_way = 0
        self._nobodys = _hash(os.urandom(16).hex())

    async def hash(self, password: str) -> str:
        """The hash of a new password, in the PHC string format."""
        return str(await self._run(_hash, plain_password(password)))

    async def fits(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the one of this hash. None stands for nobody's: as long a look, and never.

        Raises:
            Exhausted: too many are waiting.
        """
        plain = plain_password(password)
        return bool(await self._run(_fits, password_hash or self._nobodys, plain)) and bool(password_hash)

    def close(self) -> None:
        """Lets no thread stay."""
        self._threads.shutdown(wait=False)

    async def _run(self, compute: object, *arguments: str) -> object:
        if self._under_way >= self._most:
            raise Exhausted("Too many people sign in at this moment; try again in a few seconds.")
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, compute, *arguments)  # type: ignore[arg-type]  # one of the two below
        finally:
            self._under_way -= 1


def _hash(password: str) -> str:
    kdf = Argon2id(salt=os.urandom(16), length=32, iterations=ITERATIONS, lanes=LANES, memory_cost=MEMORY_KIB)
    return kdf.derive_phc_encoded(password.encode())


def _fits(password_hash: str, password: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(password.encode(), password_hash)
    except InvalidKey:
        return False
    return True
