"""What is looked after now and then because no row says when it is due."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from chassis.postgres import Transaction
from services.referral.adapters.stores import Stores

STATISTICS_EVERY_SECONDS: Final = 60.0


class NowAndThen:
    """Paces itself by the process's clock; nothing that people wait for hangs on it to the second."""

    def __init__(self, work: Callable[[Transaction], Awaitable[None]], every_seconds: float) -> None:
        self._work = work
        self._every_seconds = every_seconds
        self._next_time = 0.0

    async def take(self, tx: Transaction) -> int:
        """Does the work where it is time to; never counts as work, so that the loop stays slow."""
        now = asyncio.get_running_loop().time()
        if now >= self._next_time:
            await self._work(tx)
            self._next_time = now + self._every_seconds
        return 0


def start_statistics(stores: Stores) -> NowAndThen:
    """Brings up to date how long people wait for a service to begin."""

    async def sum_up(tx: Transaction) -> None:
        await stores.service_starts.sum_up(tx)

    return NowAndThen(sum_up, STATISTICS_EVERY_SECONDS)
