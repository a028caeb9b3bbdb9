"""Deletes what is over: ended sessions, old tries, unused devices, names of those who have left."""

from datetime import timedelta
from typing import Final

from chassis.postgres import Transaction
from services.access.adapters.postgres_accounts import PostgresAccounts
from services.access.adapters.postgres_sessions import PostgresSessions
from services.access.adapters.postgres_sign_in_tries import PostgresSignInTries

DEVICE_MEMORY: Final = timedelta(days=180)
MOST_UNDER_WAY: Final = 50_000
"""Sign-ins that wait for a browser to come back: anybody may begin as many as they like."""


async def forget_old_rows(
    tx: Transaction,
    accounts: PostgresAccounts,
    sessions: PostgresSessions,
    tries: PostgresSignInTries,
    name_retention: timedelta,
) -> int:
    """Deletes some of each kind; answers how many rows. Call it until it answers 0.

    A session that was left unused has ended as well, and is deleted when it would have ended anyhow.
    """
    now = await tx.now()
    done = await sessions.forget(tx, now, now - DEVICE_MEMORY, MOST_UNDER_WAY)
    done += await tries.forget_old(tx, now)
    return done + await accounts.forget_names(tx, now - name_retention)
