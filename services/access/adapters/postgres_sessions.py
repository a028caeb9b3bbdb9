"""Sessions, known devices and sign-ins under way at a provider, in PostgreSQL: of secrets only hashes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chassis.postgres import Transaction
from kernel.ids import PrincipalId
from kernel.time import utc
from services.access.adapters.sign_in_key import token_hash
from services.access.domain.account import is_login
from services.access.domain.session import Session

_ADD: Final = """
    insert into session (token_hash, session_id, principal_id, acr, begun_time, used_time, end_time)
    values ($1, $2, $3, $4, $5, $6, $7)
"""

_LOCK: Final = """
    select session_id, principal_id, acr, begun_time, used_time, end_time from session where token_hash = $1
    for update
"""

_KNOW_DEVICE: Final = """
    insert into device (token_hash, principal_id, used_time) values ($1, $2, $3)
    on conflict (token_hash) do update set used_time = excluded.used_time
    where device.principal_id = excluded.principal_id
"""

# Of what is under way the oldest go first when there is too much: whoever begins a thousand keeps nobody out.
_FORGET: Final = """
    with sessions as (
        delete from session where token_hash in (
            select token_hash from session where end_time <= $1 limit 500 for update skip locked)
        returning 1
    ), devices as (
        delete from device where token_hash in (
            select token_hash from device where used_time < $2 limit 500 for update skip locked)
        returning 1
    ), under_way as (
        delete from provider_sign_in where state_hash in (
            (select state_hash from provider_sign_in where end_time <= $1 limit 5000)
            union all
            (select state_hash from provider_sign_in order by end_time desc offset $3 limit 5000))
        returning 1
    )
    select (select count(*) from sessions) + (select count(*) from devices) + (select count(*) from under_way)
"""


@dataclass(frozen=True, slots=True)
class ProviderSignIn:
    """What the hub remembers of a sign-in while the person is at the provider's page.

    Args:
        code_verifier: sealed.
    """

    provider: str
    redirect_uri: str
    nonce: str
    code_verifier: bytes
    browser_token_hash: bytes
    end_time: datetime


class PostgresSessions:
    """The tables `session`, `device` and `provider_sign_in`."""

    async def add(self, tx: Transaction, session: Session, token: str) -> None:
        """Keeps a new one, found by its secret from now on."""
        await tx.connection.execute(
            _ADD,
            token_hash(token),
            session.session_id,
            session.principal_id,
            session.acr,
            session.begun_time,
            session.used_time,
            session.end_time,
        )

    async def lock(self, tx: Transaction, token: str) -> Session | None:
        """The session of this secret, held until the commit."""
        row = await tx.connection.fetchrow(_LOCK, token_hash(token))
        if row is None:
            return None
        return Session(
            row["session_id"],
            PrincipalId(row["principal_id"]),
            row["acr"],
            *(utc(row[name]) for name in ("begun_time", "used_time", "end_time")),
        )

    async def note_use(self, tx: Transaction, session: Session) -> None:
        """Keeps when a locked one was used."""
        await tx.connection.execute(
            "update session set used_time = $2 where session_id = $1", session.session_id, session.used_time
        )

    async def owner(self, tx: Transaction, token: str) -> PrincipalId | None:
        """Whose it is."""
        return await tx.connection.fetchval(  # type: ignore[no-any-return]  # asyncpg has no types
            "select principal_id from session where token_hash = $1", token_hash(token)
        )

    async def end(self, tx: Transaction, token: str) -> bool:
        """Ends one; answers whether it was there. Whoever ends several holds the account first."""
        done: str = await tx.connection.execute(
            "delete from session where token_hash = $1", token_hash(token)
        )
        return done != "DELETE 0"

    async def end_all(self, tx: Transaction, principal_id: PrincipalId) -> None:
        """Ends all of a person's."""
        await tx.connection.execute("delete from session where principal_id = $1", principal_id)

    async def knows_device(self, tx: Transaction, token: str, login: str) -> bool:
        """Whether whoever has this login has signed in on the device; nobody has what could be none."""
        return is_login(login) and bool(
            await tx.connection.fetchval(
                "select true from device join account using (principal_id)"
                " where token_hash = $1 and login = $2",
                token_hash(token),
                login,
            )
        )

    async def know_device(
        self, tx: Transaction, token: str, principal_id: PrincipalId, now: datetime
    ) -> None:
        """Notes that somebody has signed in there."""
        await tx.connection.execute(_KNOW_DEVICE, token_hash(token), principal_id, now)

    async def forget_devices(self, tx: Transaction, principal_id: PrincipalId) -> None:
        """Knows none of a person's any more."""
        await tx.connection.execute("delete from device where principal_id = $1", principal_id)

    async def add_under_way(self, tx: Transaction, state: str, begun: ProviderSignIn) -> None:
        """Remembers a sign-in at a provider by its state."""
        await tx.connection.execute(
            "insert into provider_sign_in (state_hash, provider, redirect_uri, nonce, code_verifier,"
            " browser_token_hash, end_time) values ($1, $2, $3, $4, $5, $6, $7)",
            token_hash(state),
            begun.provider,
            begun.redirect_uri,
            begun.nonce,
            begun.code_verifier,
            begun.browser_token_hash,
            begun.end_time,
        )

    async def take_under_way(self, tx: Transaction, state: str) -> ProviderSignIn | None:
        """What was remembered by this state, once."""
        row = await tx.connection.fetchrow(
            "delete from provider_sign_in where state_hash = $1 returning provider, redirect_uri, nonce,"
            " code_verifier, browser_token_hash, end_time",
            token_hash(state),
        )
        if row is None:
            return None
        return ProviderSignIn(
            provider=row["provider"],
            redirect_uri=row["redirect_uri"],
            nonce=row["nonce"],
            code_verifier=row["code_verifier"],
            browser_token_hash=row["browser_token_hash"],
            end_time=utc(row["end_time"]),
        )

    async def forget(
        self, tx: Transaction, now: datetime, device_since_time: datetime, most_under_way: int
    ) -> int:
        """Deletes some of what has ended, was long not used or is too much; answers how many rows."""
        return int(await tx.connection.fetchval(_FORGET, now, device_since_time, most_under_way))
