"""Finds out whether somebody is who they say: by password and, where one is enrolled, a code.

Whatever is wrong, the answer is one and the same and takes as long: nobody learns whether a login exists.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
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
from services.access.adapters.refusal_book import RefusalBook
from services.access.adapters.sign_in_key import SignInKey
from services.access.domain.account import Account, AccountState, plain_login
from services.access.domain.authenticator import step_of
from services.access.domain.roles import PASSWORD, SECOND_FACTOR
from services.access.domain.session import SessionLimits
from services.access.domain.sign_in_tries import TooManyTries
from services.access.use_cases.to_the_end import ToTheEnd

SERVICE: Final = "access"
SIGN_IN_SERVICE: Final = "/kem.access.v1.SignInService/"
MOST_COMING_BACK: Final = 256
"""At once, also of those whose browser is gone: each may wait for a provider until its deadline."""

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
    refusals: RefusalBook
    to_the_end: ToTheEnd = field(default_factory=ToTheEnd)
    coming_back: ToTheEnd = field(default_factory=lambda: ToTheEnd(MOST_COMING_BACK))
    """Those who come back from identity providers."""


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

    A place in the queue comes first: whoever finds none is refused before any try is counted. Then the try
    is counted, in a commit of its own, and the password looked at, outside of any transaction; a success
    takes the count back. Every outcome is put on record, also where the client is gone before it is known.

    Args:
        method: the RPC, for the record.
        act: may answer a refusal, which is put on record and raised when all else is committed.

    Raises:
        NoPlace: too many sign in at once; this one was neither counted nor looked at.
        TooManyTries: there were too many failures; this one was not looked at.
        SignInRefused: in all other cases.
    """
    login = plain_login(offered.login)
    is_known_device = await _is_known_device(offered, login, parts)  # nothing hangs on whoever leaves by now
    return await parts.to_the_end(_authenticate(offered, login, method, parts, act, is_known_device))


async def _authenticate(
    offered: Offered,
    login: str,
    method: str,
    parts: SignInParts,
    act: Callable[[Transaction, Known], Awaitable[_T | KemError]],
    is_known_device: bool,
) -> _T:
    try:
        with parts.hasher.place(is_stranger=not is_known_device) as place:
            digest = parts.key.digest(login, offered.device_token if is_known_device else "")
            account, result = await _look(offered, login, digest, method, parts, place, act)
    except NoPlace as refusal:
        account, result = None, refusal
    if isinstance(result, KemError):
        raise await put_on_record(result, _caller(account), method, parts)
    return result


async def put_on_record(refusal: KemError, caller: Caller, method: str, parts: SignInParts) -> KemError:
    """Notes that somebody was refused; answers the refusal, to be raised.

    Args:
        caller: whom it concerns; the service itself where nobody is known.
    """
    await parts.refusals.note(caller, method, refusal.stable_reason)
    refusal.is_on_record = True
    return refusal


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
) -> tuple[Account | None, _T | KemError]:
    account, credential, delay = await _count(login, digest, parts)
    if delay:
        return account, TooManyTries(delay.total_seconds())
    fits = await place.fits(credential.password_hash if credential else None, offered.password)
    async with parts.database.transaction(_caller(account)) as tx:
        result: _T | KemError = SignInRefused()
        known = None
        if account and credential and fits:
            known = await _known(tx, account, credential, offered, parts, place)
        if known is not None:
            await parts.tries.forget(tx, digest)
            result = await act(tx, known)
        if not isinstance(result, KemError):
            tx.record_access(AccessRecord(SERVICE, method))
    return account, result


async def _count(
    login: str, digest: bytes, parts: SignInParts
) -> tuple[Account | None, Credential | None, timedelta]:
    async with parts.database.transaction(Caller.of_service(SERVICE)) as tx:
        tries = await parts.tries.lock(tx, digest)
        now = await tx.now()
        delay = tries.delay(now)
        if not delay:
            tries.count(now)
            await parts.tries.save(tx, digest, tries)
        account = await parts.accounts.find(tx, login)
        credential = await parts.credentials.read(tx, account.principal_id) if account else None
    return account, credential, delay


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
