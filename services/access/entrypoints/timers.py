"""Forgets what nobody needs any more, now and then."""

import time
from datetime import timedelta
from typing import Final

from chassis.postgres import Transaction
from services.access.use_cases.authenticate import SignInParts
from services.access.use_cases.forget_old_rows import forget_old_rows

PAUSE_SECONDS: Final = 60.0


class Retention:
    """Works off what is too old in batches, then rests for a minute; what is old the database decides."""

    def __init__(self, parts: SignInParts, name_retention_days: int) -> None:
        self._parts = parts
        self._name_retention = timedelta(days=name_retention_days)
        self._rests_until = 0.0

    async def take(self, tx: Transaction) -> int:
        """Deletes one batch; answers how many rows."""
        if time.monotonic() < self._rests_until:
            return 0
        parts = self._parts
        taken = await forget_old_rows(tx, parts.accounts, parts.sessions, parts.tries, self._name_retention)
        if not taken:
            self._rests_until = time.monotonic() + PAUSE_SECONDS
        return taken
