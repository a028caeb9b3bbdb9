"""Deletes what is over: ended sessions, old tries, unused devices, names of those who have left."""

from datetime import timedelta
from typing import Final

from chassis.postgres import Transaction
from services.access.adapters.postgres_accounts import PostgresAccounts
from services.access.adapters.postgres_sessions import PostgresSessions
from services.access.adapters.postgres_sign_in_tries import PostgresSignInTries
from services.access.domain.session import SessionLimits
from services.access.domain.sign_in_tries import MEMORY

DEVICE_MEMORY: Final = timedelta(days=180)


async def forget_old_rows(
    tx: Transaction,
    accounts: PostgresAccounts,
    sessions: PostgresSessions,
    tries: PostgresSignInTries,
    limits: SessionLimits,
    name_retention: timedelta,
) -> int:
    """Deletes some of each kind; answers how many rows. Call it until it answers 0."""
    now = await tx.now()
    done = await sessions.forget(tx, now, now - limits.idle, now - DEVICE_MEMORY)
    done += await tries.forget_before(tx, now - MEMORY)
    return done + await accounts.forget_names(tx, now - name_retention)
