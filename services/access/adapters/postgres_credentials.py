"""Passwords' hashes and authenticators' secrets in PostgreSQL."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chassis.postgres import Transaction
from kernel.ids import PrincipalId
from kernel.time import utc
from services.access.adapters.sign_in_key import SignInKey

_READ: Final = """
    select password_hash, is_one_time, one_time_end_time, authenticator, authenticator_step, new_authenticator
    from credential where principal_id = $1
"""

# two statements: whoever keeps accounts may write these, and reads no hash, as `on conflict` would
_ADD: Final = """
    insert into credential (principal_id, password_hash, is_one_time, one_time_end_time)
    values ($1, $2, true, $3)
"""

_RESET: Final = """
    update credential set password_hash = $2, is_one_time = true, one_time_end_time = $3,
           authenticator = null, authenticator_step = null, new_authenticator = null
    where principal_id = $1
"""

_CHOOSE: Final = """
    update credential set password_hash = $2, is_one_time = false, one_time_end_time = null
    where principal_id = $1
"""

_ENROL: Final = """
    update credential set authenticator = new_authenticator, authenticator_step = $2, new_authenticator = null
    where principal_id = $1 and new_authenticator is not null
"""


@dataclass(frozen=True, slots=True)
class Credential:
    """By what somebody is known.

    Args:
        one_time_end_time: until when a one-time password is good; None for one that the person has chosen.
        has_authenticator: whether a code is asked for, be its secret readable or not.
        authenticator, new_authenticator: secrets; None also where the key is not the one that sealed them.
        authenticator_step: of the last code taken.
    """

    password_hash: str
    one_time_end_time: datetime | None
    has_authenticator: bool
    authenticator: bytes | None
    authenticator_step: int | None
    new_authenticator: bytes | None

    @property
    def is_one_time(self) -> bool:
        return self.one_time_end_time is not None


class PostgresCredentials:
    """The table `credential`."""

    def __init__(self, key: SignInKey) -> None:
        self._key = key

    async def read(self, tx: Transaction, principal_id: PrincipalId) -> Credential | None:
        """What is kept. Whoever acts on it holds the account's row first: no one else changes it then."""
        row = await tx.connection.fetchrow(_READ, principal_id)
        if row is None:
            return None
        return Credential(
            password_hash=row["password_hash"],
            one_time_end_time=utc(row["one_time_end_time"]) if row["one_time_end_time"] else None,
            has_authenticator=row["authenticator"] is not None,
            authenticator=self._opened(row["authenticator"], principal_id),
            authenticator_step=row["authenticator_step"],
            new_authenticator=self._opened(row["new_authenticator"], principal_id),
        )

    async def add(
        self, tx: Transaction, principal_id: PrincipalId, password_hash: str, end_time: datetime
    ) -> None:
        """The one-time password of a new account."""
        await tx.connection.execute(_ADD, principal_id, password_hash, end_time)

    async def reset(
        self, tx: Transaction, principal_id: PrincipalId, password_hash: str, end_time: datetime
    ) -> None:
        """A new one-time password, and no authenticator any more."""
        await tx.connection.execute(_RESET, principal_id, password_hash, end_time)

    async def set_password(self, tx: Transaction, principal_id: PrincipalId, password_hash: str) -> None:
        """The password that the person has chosen."""
        await tx.connection.execute(_CHOOSE, principal_id, password_hash)

    async def use_code(self, tx: Transaction, principal_id: PrincipalId, step: int) -> None:
        """Uses the code of a step up, and all before it."""
        await tx.connection.execute(
            "update credential set authenticator_step = $2 where principal_id = $1", principal_id, step
        )

    async def offer_authenticator(self, tx: Transaction, principal_id: PrincipalId, secret: bytes) -> None:
        """Keeps a secret that waits for its first code, instead of one that waited before."""
        sealed = self._key.seal(secret, principal_id.bytes)
        await tx.connection.execute(
            "update credential set new_authenticator = $2 where principal_id = $1", principal_id, sealed
        )

    async def enrol_authenticator(self, tx: Transaction, principal_id: PrincipalId, step: int) -> None:
        """Takes the one that waited; its first code is used up."""
        await tx.connection.execute(_ENROL, principal_id, step)

    def _opened(self, sealed: bytes | None, principal_id: PrincipalId) -> bytes | None:
        return self._key.open(sealed, principal_id.bytes) if sealed is not None else None
