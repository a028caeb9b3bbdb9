"""Tries to sign in, in PostgreSQL."""

from datetime import datetime
from typing import Final

from chassis.postgres import Transaction
from kernel.time import utc
from services.access.domain.sign_in_tries import FREE_TRIES, MEMORY, SHORT_MEMORY, SignInTries

# The lock is the digest's, not a row's: of the first tries at once none finds a row to lock.
_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 7401))"

_READ: Final = """
    select tries, last_try_time, next_try_time from sign_in_try where digest = $1
"""

_SAVE: Final = """
    insert into sign_in_try (digest, tries, last_try_time, next_try_time) values ($1, $2, $3, $4)
    on conflict (digest) do update set tries = excluded.tries, last_try_time = excluded.last_try_time,
           next_try_time = excluded.next_try_time
"""

_FORGET: Final = """
    delete from sign_in_try where digest in (
        select digest from sign_in_try
        where last_try_time <= $1 and (tries < $2 or last_try_time <= $3) limit 500 for update skip locked)
"""


class PostgresSignInTries:
    """The table `sign_in_try`."""

    async def lock(self, tx: Transaction, digest: bytes) -> SignInTries:
        """The tries of a login or device, held until the commit."""
        await tx.connection.execute(_LOCK, digest)
        row = await tx.connection.fetchrow(_READ, digest)
        if row is None:
            return SignInTries()
        return SignInTries(int(row["tries"]), utc(row["last_try_time"]), utc(row["next_try_time"]))

    async def save(self, tx: Transaction, digest: bytes, tries: SignInTries) -> None:
        """Writes them back; there was one at least."""
        await tx.connection.execute(_SAVE, digest, tries.tries, tries.last_try_time, tries.next_try_time)

    async def forget(self, tx: Transaction, digest: bytes) -> None:
        """After a success."""
        await tx.connection.execute("delete from sign_in_try where digest = $1", digest)

    async def forget_old(self, tx: Transaction, now: datetime) -> int:
        """Deletes some of those that count no more; answers how many."""
        arguments = (now - SHORT_MEMORY, FREE_TRIES, now - MEMORY)
        done: str = await tx.connection.execute(_FORGET, *arguments)
        return int(done.rpartition(" ")[2])
