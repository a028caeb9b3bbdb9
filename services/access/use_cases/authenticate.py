"""Finds out whether somebody is who they say: by password and, where one is enrolled, a code.

Whatever is wrong, the answer is one and the same and takes as long: nobody learns whether a login exists.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar, Final, TypeVar

from chassis.access_records import AccessRecord
from chassis.caller import Caller
from chassis.postgres import Database, Transaction
from kernel.errors import KemError, NotAuthenticated
from services.access.adapters.password_hasher import NoPlace, PasswordHasher, Place
from services.access.adapters.postgres_accounts import PostgresAccounts
from services.access.adapters.postgres_credentials import Credential, PostgresCredentials
from services.access.adapters.postgres_sessions import PostgresSessions
from services.access.adapters.postgres_sign_in_tries import PostgresSignInTries
from services.access.adapters.sign_in_key import SignInKey
from services.access.domain.account import Account, AccountState, plain_login
from services.access.domain.authenticator import step_of
from services.access.domain.roles import PASSWORD, SECOND_FACTOR
from services.access.domain.session import SessionLimits
from services.access.domain.sign_in_tries import TooManyTries

SERVICE: Final = "access"
SIGN_IN_SERVICE: Final = "/kem.access.v1.SignInService/"

_T = TypeVar("_T")


class SignInRefused(NotAuthenticated):
    """It was wrong; what of it is told nowhere."""

    reason = "SIGN_IN_REFUSED"
    words: ClassVar[str] = (
        "The login, the password or the code is not right, or the account may not be used. A code is good"
        " once; wait for the next one."
    )

    def __init__(self) -> None:
        super().__init__(self.words)


@dataclass(frozen=True, slots=True)
class SignInParts:
    """What the verbs of sign-in work with; the database by the worker's login, as nobody is calling yet."""

    database: Database
    accounts: PostgresAccounts
    credentials: PostgresCredentials
    sessions: PostgresSessions
    tries: PostgresSignInTries
    hasher: PasswordHasher
    key: SignInKey
    limits: SessionLimits


@dataclass(frozen=True, slots=True)
class Offered:
    """What somebody offers to be known by, unverified.

    Args:
        device_token: of a device on which they have signed in before, maybe.
    """

    login: str
    password: str
    code: str = ""
    device_token: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who is who they say: the account is held until the commit, their place until then as well."""

    account: Account
    credential: Credential
    acr: str
    place: Place


async def authenticate(
    offered: Offered,
    method: str,
    parts: SignInParts,
    act: Callable[[Transaction, Known], Awaitable[_T | KemError]],
) -> _T:
    """Does `act` as the person, in the transaction that has found them to be who they say.

    A place in the queue comes first: whoever finds none is refused before anything is counted. Then the try
    is counted, in a commit of its own, and the password looked at, outside of any transaction; a success
    takes the count back. Every outcome is put on record, those for want of a place once a minute.

    Args:
        method: the RPC, for the record.
        act: may answer a refusal, which is put on record and raised when all else is committed.

    Raises:
        NoPlace: too many sign in at once; this one was neither counted nor looked at.
        TooManyTries: there were too many failures; this one was not looked at.
        SignInRefused: in all other cases.
    """
    login = plain_login(offered.login)
    is_known_device = await _is_known_device(offered, login, parts)
    try:
        with parts.hasher.place(is_stranger=not is_known_device) as place:
            digest = parts.key.digest(login, offered.device_token if is_known_device else "")
            return await _look(offered, login, digest, method, parts, place, act)
    except NoPlace as refusal:
        if refusal.is_new:
            async with parts.database.transaction(Caller.of_service(SERVICE)) as tx:
                tx.record_access(AccessRecord(SERVICE, method, refusal_reason=refusal.stable_reason))
        raise


async def _is_known_device(offered: Offered, login: str, parts: SignInParts) -> bool:
    if not offered.device_token:
        return False
    async with parts.database.transaction(Caller.of_service(SERVICE)) as tx:
        return await parts.sessions.knows_device(tx, offered.device_token, login)


async def _look(
    offered: Offered,
    login: str,
    digest: bytes,
    method: str,
    parts: SignInParts,
    place: Place,
    act: Callable[[Transaction, Known], Awaitable[_T | KemError]],
) -> _T:
    account, credential = await _count(login, digest, method, parts)
    fits = await place.fits(credential.password_hash if credential else None, offered.password)
    async with parts.database.transaction(_caller(account)) as tx:
        result: _T | KemError = SignInRefused()
        known = None
        if account and credential and fits:
            known = await _known(tx, account, credential, offered, parts, place)
        if known is not None:
            await parts.tries.forget(tx, digest)
            result = await act(tx, known)
        reason = result.stable_reason if isinstance(result, KemError) else ""
        tx.record_access(AccessRecord(SERVICE, method, refusal_reason=reason))
    if isinstance(result, KemError):
        raise result
    return result


async def _count(
    login: str, digest: bytes, method: str, parts: SignInParts
) -> tuple[Account | None, Credential | None]:
    async with parts.database.transaction(Caller.of_service(SERVICE)) as tx:
        tries = await parts.tries.lock(tx, digest)
        now = await tx.now()
        delay = tries.delay(now)
        if not delay:
            tries.count(now)
        elif not tries.is_delay_told:
            tries.is_delay_told = True
            tx.record_access(AccessRecord(SERVICE, method, refusal_reason=TooManyTries.reason))
        await parts.tries.save(tx, digest, tries)
        account = await parts.accounts.find(tx, login)
        credential = await parts.credentials.read(tx, account.principal_id) if account else None
    if delay:
        raise TooManyTries(delay.total_seconds())
    return account, credential


async def _known(
    tx: Transaction, account: Account, seen: Credential, offered: Offered, parts: SignInParts, place: Place
) -> Known | None:
    """Whether all else is right, of the account as it is now: it may have changed while the hash was made."""
    account = await parts.accounts.lock(tx, account.principal_id)
    credential = await parts.credentials.read(tx, account.principal_id)
    now = await tx.now()
    if (
        credential is None
        or account.state is not AccountState.ACTIVE
        or credential.password_hash != seen.password_hash
        or (credential.one_time_end_time is not None and now >= credential.one_time_end_time)
    ):
        return None
    if not credential.has_authenticator:
        return Known(account, credential, PASSWORD, place)
    if credential.authenticator is None:
        return None
    step = step_of(offered.code, credential.authenticator, now, credential.authenticator_step)
    if step is None:
        return None
    await parts.credentials.use_code(tx, account.principal_id, step)
    return Known(account, credential, SECOND_FACTOR, place)


def _caller(account: Account | None) -> Caller:
    """Who is on record: the person of the account that was named, or nobody but this service."""
    return Caller.of_service(SERVICE) if account is None else caller_of(account)


def caller_of(account: Account, acr: str = PASSWORD) -> Caller:
    """The account's person, acting for themselves."""
    return Caller(account.principal_id, account.agency_id, frozenset(account.roles), "", acr, SERVICE)
