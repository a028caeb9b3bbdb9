"""Vouches for the person of a session, for some minutes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chassis.caller import AssertionSigner, Caller
from kernel.errors import NotPermitted
from kernel.vocabulary import Role
from services.access.domain.account import Account, AccountState
from services.access.domain.roles import roles_that_count
from services.access.domain.session import Session, SessionEnded
from services.access.use_cases.authenticate import (
    SERVICE,
    SIGN_IN_SERVICE,
    SignInParts,
    caller_of,
    put_on_record,
)

METHOD: Final = SIGN_IN_SERVICE + "IssueAssertion"
LIFETIME: Final = timedelta(minutes=5)


class SecondFactorNeeded(NotPermitted):
    """All of the person's roles ask for a second factor."""

    reason = "SECOND_FACTOR_NEEDED"

    def __init__(self) -> None:
        super().__init__(
            "Your role asks for a second factor: enrol an authenticator, or sign in with its code."
        )


@dataclass(frozen=True, slots=True)
class IssuedAssertion:
    """A signed assertion, and what it says."""

    assertion: str
    expire_time: datetime
    account: Account
    roles: frozenset[Role]
    acr: str


async def issue_assertion(
    session_token: str,
    certificate_thumbprint: str,
    parts: SignInParts,
    signer: AssertionSigner,
    *,
    by_itself: bool = False,
) -> IssuedAssertion:
    """Issues one with the roles that the person has at this moment, and notes that the session is used.

    Args:
        certificate_thumbprint: of the calling client's certificate, over which alone the assertion counts.
        by_itself: a page that stands open asks, not its reader: the session is not used by that.

    Raises:
        SessionEnded: there is no such session, or no longer, or its account may not be used. On record.
        SecondFactorNeeded: none of the roles counts in this session. On record.
    """
    now, session, account = await _look_up(session_token, parts, by_itself=by_itself)
    roles = roles_that_count(account.roles, session.acr)
    if not roles:
        raise await put_on_record(SecondFactorNeeded(), caller_of(account, session.acr), METHOD, parts)
    lifetime = min(LIFETIME, session.end_time - now)
    assertion = signer.token(
        account.principal_id,
        account.agency_id,
        roles,
        acr=session.acr,
        lifetime_seconds=max(int(lifetime.total_seconds()), 1),
        certificate_thumbprint=certificate_thumbprint,
    )
    return IssuedAssertion(assertion, now + lifetime, account, roles, session.acr)


async def _look_up(
    session_token: str, parts: SignInParts, *, by_itself: bool
) -> tuple[datetime, Session, Account]:
    """The present time, the session, used now unless it is asked `by_itself`, and whose it is."""
    account = None
    try:
        async with parts.database.transaction(Caller.of_service(SERVICE)) as tx:
            session = await parts.sessions.lock(tx, session_token)
            if session is None:
                raise SessionEnded
            account, now = await parts.accounts.read(tx, session.principal_id), await tx.now()
            session.check(now, parts.limits)
            if account.state is not AccountState.ACTIVE:
                raise SessionEnded
            if not by_itself:
                session.use(now, parts.limits)
                await parts.sessions.note_use(tx, session)
    except SessionEnded as ended:
        caller = caller_of(account) if account else Caller.of_service(SERVICE)
        raise await put_on_record(ended, caller, METHOD, parts) from None
    return now, session, account
