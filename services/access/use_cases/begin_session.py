"""Begins a session for somebody who is known by now."""

from dataclasses import dataclass
from datetime import datetime

from chassis.postgres import Transaction
from kernel.ids import random_id
from kernel.vocabulary import Role
from services.access.adapters.postgres_sessions import PostgresSessions
from services.access.adapters.sign_in_key import fresh_token
from services.access.domain.account import Account
from services.access.domain.roles import roles_that_count
from services.access.domain.session import Session, SessionLimits


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session with the secrets that only its holder has from now on.

    Args:
        device_token: empty where none is known.
        withheld_roles: do not count in it, for want of a second factor.
        login, display_name: whose it is, for their own eyes.
    """

    session_token: str
    device_token: str
    acr: str
    end_time: datetime
    withheld_roles: frozenset[Role]
    login: str
    display_name: str


async def begin_session(
    tx: Transaction,
    account: Account,
    acr: str,
    device_token: str | None,
    sessions: PostgresSessions,
    limits: SessionLimits,
) -> NewSession:
    """Begins it, on a device that is known from now on.

    Args:
        device_token: of an earlier sign-in there, which is kept where it was this person's; else a new one is
            made: nobody chooses what a secret is. None where no password was asked for, and so no failure
            elsewhere can delay anybody: no device is known by it.
    """
    now = await tx.now()
    session = Session.begin(random_id(), account.principal_id, acr, now, limits)
    session_token = fresh_token()
    await sessions.add(tx, session, session_token)
    if device_token is not None:
        if not device_token or not await sessions.knows_device(tx, device_token, account.login):
            device_token = fresh_token()
        await sessions.know_device(tx, device_token, account.principal_id, now)
    withheld = account.roles - roles_that_count(account.roles, acr)
    return NewSession(
        session_token,
        device_token or "",
        acr,
        session.end_time,
        withheld,
        account.login,
        account.display_name,
    )
