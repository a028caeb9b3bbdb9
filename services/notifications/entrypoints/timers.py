"""Forgets, now and then: old deliveries, who asked for codes, addresses of those whose account was closed."""

import time
from typing import Final

from chassis.postgres import Database, Transaction
from kernel.ids import PrincipalId
from services.notifications.adapters.postgres_mail_codes import PostgresMailCodes
from services.notifications.adapters.postgres_mail_notices import PostgresMailNotices
from services.notifications.adapters.postgres_retention import PostgresRetention
from services.notifications.use_cases.end_closed_mails import find_closed
from services.notifications.use_cases.forget_old_deliveries import forget_old_codes, forget_old_deliveries
from services.notifications.use_cases.send_mails import Accounts

PAUSE_SECONDS: Final = 600.0


class Retention:
    """Works off what is too old in batches, then rests for ten minutes; what is old the database decides."""

    def __init__(self, retention: PostgresRetention, codes: PostgresMailCodes, retention_days: int) -> None:
        self._retention = retention
        self._codes = codes
        self._retention_days = retention_days
        self._rests_until = 0.0

    async def take(self, tx: Transaction) -> int:
        """Deletes one batch; answers how many deliveries."""
        if time.monotonic() < self._rests_until:
            return 0
        taken = await forget_old_deliveries(self._retention_days, tx, self._retention)
        if not taken:
            await forget_old_codes(tx, self._codes)
            self._rests_until = time.monotonic() + PAUSE_SECONDS
        return taken


class ClosedAccounts:
    """Asks access whose accounts were closed, then rests for ten minutes, whether access answers or not."""

    def __init__(self, database: Database, notices: PostgresMailNotices, accounts: Accounts) -> None:
        self._database = database
        self._notices = notices
        self._accounts = accounts
        self._closed: list[PrincipalId] = []
        self._rests_until = 0.0

    async def prepare(self) -> None:
        """Outside of any transaction.

        Raises:
            Unavailable: access does not answer.
        """
        self._closed = []
        if time.monotonic() < self._rests_until:
            return
        self._rests_until = time.monotonic() + PAUSE_SECONDS
        self._closed = await find_closed(self._database, self._notices, self._accounts)

    async def take(self, tx: Transaction) -> int:
        """Deletes their mail notices; answers how many."""
        return await self._notices.delete_of(tx, self._closed) if self._closed else 0
