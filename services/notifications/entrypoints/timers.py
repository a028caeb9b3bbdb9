"""Forgets old deliveries, now and then."""

import time
from typing import Final

from chassis.postgres import Transaction
from services.notifications.adapters.postgres_retention import PostgresRetention
from services.notifications.use_cases.forget_old_deliveries import forget_old_deliveries

PAUSE_SECONDS: Final = 600.0


class Retention:
    """Works off what is too old in batches, then rests for ten minutes; what is old the database decides."""

    def __init__(self, retention: PostgresRetention, retention_days: int) -> None:
        self._retention = retention
        self._retention_days = retention_days
        self._rests_until = 0.0

    async def take(self, tx: Transaction) -> int:
        """Deletes one batch; answers how many deliveries."""
        if time.monotonic() < self._rests_until:
            return 0
        taken = await forget_old_deliveries(self._retention_days, tx, self._retention)
        if not taken:
            self._rests_until = time.monotonic() + PAUSE_SECONDS
        return taken
