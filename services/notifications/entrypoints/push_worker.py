"""Pushes deliveries to the partners that host an inbox of their own: in order to each, to all at once."""

import asyncio
from typing import Final

import structlog

from chassis.failures import is_passing
from chassis.logs import places_of
from services.notifications.adapters.postgres_push_endpoints import Lease
from services.notifications.use_cases.push_deliveries import Pushing, push_deliveries

POLL_SECONDS: Final = 0.2
RETRY_SECONDS: Final = 1.0

MOST_AT_ONCE: Final = 500
"""Partners that are called at once: more than there are, so that slow ones never take the others' turn."""

CALLS_A_LEASE: Final = 20
"""Then an endpoint stands at the end of the queue again."""

log = structlog.get_logger(__name__)


class PushWorker:
    """Takes leases of endpoints that are due, and pushes each in a task of its own.

    Any number of processes may run one: an endpoint is pushed by one of them at a time. One that dies leaves
    its leases to run out; what it had not told of is brought again.
    """

    def __init__(self, pushing: Pushing) -> None:
        self._pushing = pushing
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Pushes until it is cancelled; gives its leases back then."""
        try:
            while True:
                try:
                    leased = await self._lease()
                except Exception as error:
                    if not is_passing(error):
                        raise
                    log.warning("push_not_looked_for", error=type(error).__name__)
                    await asyncio.sleep(RETRY_SECONDS)
                    continue
                for lease in leased:
                    task = asyncio.create_task(self._push(lease))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                await asyncio.sleep(POLL_SECONDS)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._pushing.lines.close()

    async def _lease(self) -> list[Lease]:
        free = MOST_AT_ONCE - len(self._tasks)
        if free <= 0:
            return []
        pushing = self._pushing
        async with pushing.room:
            return await pushing.endpoints.lease(pushing.database.pool, free, pushing.lease_duration)

    async def _push(self, lease: Lease) -> None:
        try:
            sequence = lease.from_sequence
            for _ in range(CALLS_A_LEASE):
                pushed = await push_deliveries(lease, sequence, self._pushing)
                if pushed is None:
                    break
                sequence = pushed
        except Exception as error:
            self._tell(lease, error)
        finally:
            await self._give_back(lease)

    async def _give_back(self, lease: Lease) -> None:
        """Where even this fails, the lease runs out by itself."""
        pushing = self._pushing
        try:
            async with asyncio.timeout(RETRY_SECONDS), pushing.room:
                await pushing.endpoints.release(pushing.database.pool, lease)
        except Exception as error:
            self._tell(lease, error)

    def _tell(self, lease: Lease, error: Exception) -> None:
        tell = log.warning if is_passing(error) else log.error
        tell(
            "push_broken_off",
            recipient_id=str(lease.recipient_id),
            error=type(error).__name__,
            places=places_of(error),
        )
