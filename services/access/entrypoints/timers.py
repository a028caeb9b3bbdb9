"""Works off what is over, now and then: tells of it what is still to be told, and forgets it."""

import time
from datetime import timedelta
from typing import Final

from chassis.postgres import Transaction
from services.access.use_cases.authenticate import SignInParts
from services.access.use_cases.forget_old_rows import forget_old_rows
from services.access.use_cases.tell_refusals import tell_refusals

PAUSE_SECONDS: Final = 60.0


class Retention:
    """Works off what is too old in batches, then rests for a minute; what is old the database decides."""

    def __init__(self, parts: SignInParts, name_retention_days: int) -> None:
        self._parts = parts
        self._name_retention = timedelta(days=name_retention_days)
        self._rests_until = 0.0

    async def take(self, tx: Transaction) -> int:
        """One batch; answers how many rows are gone."""
        if time.monotonic() < self._rests_until:
            return 0
        parts = self._parts
        taken = await tell_refusals(tx, parts)
        taken += await forget_old_rows(tx, parts.accounts, parts.sessions, parts.tries, self._name_retention)
        if not taken:
            self._rests_until = time.monotonic() + PAUSE_SECONDS
        return taken
