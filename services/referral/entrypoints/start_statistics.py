"""Now and then, the figures of how long people wait for a service to begin are brought up to date."""

import asyncio
from typing import Final

from chassis.postgres import Transaction
from services.referral.adapters.stores import Stores

EVERY_SECONDS: Final = 60.0


class StartStatistics:
    """Paces itself by the process's clock: nothing is due here, the figures only grow a little old."""

    def __init__(self, stores: Stores, every_seconds: float = EVERY_SECONDS) -> None:
        self._stores = stores
        self._every_seconds = every_seconds
        self._next_time = 0.0

    async def take(self, tx: Transaction) -> int:
        """Sums up where it is time to; never counts as work, so that the loop stays at its slow pace."""
        now = asyncio.get_running_loop().time()
        if now >= self._next_time:
            self._next_time = now + self._every_seconds
            await self._stores.service_starts.sum_up(tx)
        return 0
