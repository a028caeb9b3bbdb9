"""By the clock: officers are told what is due; forgotten are old deliveries, deadlines of what was answered,
who asked for codes, and addresses of those whose account was closed.
"""

import time
from typing import Final

from chassis import topics
from chassis.postgres import Database, Transaction
from chassis.service import Service
from kernel.ids import PrincipalId
from services.notifications.adapters.postgres_deadlines import PostgresDeadlines
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.adapters.postgres_mail_codes import PostgresMailCodes
from services.notifications.adapters.postgres_mail_notices import PostgresMailNotices
from services.notifications.adapters.postgres_retention import PostgresRetention
from services.notifications.adapters.topic_reading import TopicReading
from services.notifications.domain.recipient import Inbox
from services.notifications.entrypoints.deadline_clock import DeadlineClock
from services.notifications.entrypoints.stream import CONSUMER
from services.notifications.use_cases.end_closed_mails import find_closed
from services.notifications.use_cases.forget_old_deliveries import (
    forget_answered_deadlines,
    forget_old_codes,
    forget_old_deliveries,
)
from services.notifications.use_cases.send_mails import Accounts

PAUSE_SECONDS: Final = 600.0


def add_timers(service: Service, retention_days: int) -> None:
    """Adds those that ask no other service."""
    deadlines = PostgresDeadlines()
    retention = Retention(PostgresRetention(), PostgresMailCodes(), deadlines, retention_days)
    service.timer(retention.take, name="retention")
    topic = TopicReading(service.settings.kafka, CONSUMER, topics.DISCLOSURE)
    clock = DeadlineClock(service.worker, deadlines, PostgresDeliveries(), topic)
    service.timer(clock.take, prepare=clock.prepare, name="deadlines", longest_pause_seconds=5)


class Retention:
    """Works off what is too old in batches, then rests for ten minutes; what is old the database decides."""

    def __init__(
        self,
        retention: PostgresRetention,
        codes: PostgresMailCodes,
        deadlines: PostgresDeadlines,
        retention_days: int,
    ) -> None:
        self._retention = retention
        self._codes = codes
        self._deadlines = deadlines
        self._retention_days = retention_days
        self._rests_until = 0.0

    async def take(self, tx: Transaction) -> int:
        """Deletes one batch; answers how many deliveries."""
        if time.monotonic() < self._rests_until:
            return 0
        taken = await forget_old_deliveries(self._retention_days, tx, self._retention)
        if not taken:
            await forget_old_codes(tx, self._codes)
            await forget_answered_deadlines(self._retention_days, tx, self._deadlines)
            self._rests_until = time.monotonic() + PAUSE_SECONDS
        return taken


class ClosedAccounts:
    """Asks access whose accounts were closed or have other roles, then rests for ten minutes, whether access
    answers or not.
    """

    def __init__(self, database: Database, notices: PostgresMailNotices, accounts: Accounts) -> None:
        self._database = database
        self._notices = notices
        self._accounts = accounts
        self._closed: list[tuple[PrincipalId, Inbox]] = []
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
