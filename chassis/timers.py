"""Works off what has fallen due, at the pace at which it falls due."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from chassis.caller import Caller
from chassis.failures import is_passing
from chassis.measures import timer_rows
from chassis.postgres import Database, Transaction

SHORTEST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 0.5
LONGEST_BACKOFF_SECONDS: Final = 5.0

Take = Callable[[Transaction], Awaitable[int]]
"""Handles at most 100 due rows, locked with FOR UPDATE SKIP LOCKED; answers how many."""

Prepare = Callable[[], Awaitable[None]]
"""Asks others, outside any transaction, for what `take` will need."""

log = structlog.get_logger(__name__)


class TimerLoop:
    """Calls `take` in a transaction of its own again and again; any number of processes may run one.

    A full hand is followed at once by the next; an empty one lengthens the pause up to half a second. What
    is due is decided by the database's clock, inside `take`. An error rolls back and is tried again, with
    a growing pause: a deadline is a row, so it cannot be lost.
    """

    def __init__(
        self,
        database: Database,
        take: Take,
        *,
        service: str,
        name: str = "deadlines",
        prepare: Prepare | None = None,
        first_backoff_seconds: float = 0.5,
        shortest_pause_seconds: float = SHORTEST_PAUSE_SECONDS,
        longest_pause_seconds: float = LONGEST_PAUSE_SECONDS,
    ) -> None:
        self._database = database
        self._take = take
        self._caller = Caller.of_service(service)
        self._name = name
        self._prepare = prepare
        self._first_backoff_seconds = first_backoff_seconds
        self._shortest_pause_seconds = shortest_pause_seconds
        self._longest_pause_seconds = longest_pause_seconds
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Runs until `stop()`."""
        pause, failures = self._shortest_pause_seconds, 0
        while not self._stopping.is_set():
            try:
                if self._prepare is not None:
                    await self._prepare()
                async with self._database.transaction(self._caller) as tx:
                    taken = await self._take(tx)
                failures = 0
            except Exception as error:
                failures += 1
                tell = log.warning if is_passing(error) else log.error
                tell("timer_failed", source=self._name, error=type(error).__name__, tries=failures)
                backoff = self._first_backoff_seconds * 2.0 ** min(failures - 1, 8)
                await self._pause(min(backoff, LONGEST_BACKOFF_SECONDS))
                continue
            if taken:
                timer_rows.add(taken, {"timer": self._name})
                pause = self._shortest_pause_seconds
                continue
            await self._pause(pause)
            pause = min(pause * 1.5, self._longest_pause_seconds)

    def stop(self) -> None:
        """Lets `run` return after what it has in hand."""
        self._stopping.set()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
