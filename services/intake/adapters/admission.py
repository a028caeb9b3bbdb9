"""The line before the recording of needs: as many are let in as matching takes up soon."""

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from kernel.errors import Exhausted
from kernel.ids import NeedId
from services.intake.domain.uptake import Uptake

IN_FLIGHT_SECONDS: Final = 0.28
"""So much work is recorded ahead of matching: it takes all at once, and many small batches cost it more."""
LEAST_IN_FLIGHT: Final = 20
"""So many may always be: of fewer the rate tells little."""
WAIT_SECONDS: Final = 2 * IN_FLIGHT_SECONDS
"""Whoever would wait for longer until matching takes it up is refused at once: so the line is as long as the
room that one question of matching makes, and nobody in it waits for the room of a second one."""
LONGEST_STAND_SECONDS: Final = 1.0
SHORTEST_DELAY_SECONDS: Final = 0.2
LONGEST_DELAY_SECONDS: Final = 10.0


@dataclass(eq=False, slots=True)
class _Call:
    """One that records so many needs; in line until its turn has come."""

    count: int
    turn: asyncio.Future[None]
    is_in: bool = False


class Admission:
    """Lets calls in first come, first served. While matching is away, or not heard of, nobody waits here."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._uptake = Uptake(clock)
        self._line: deque[_Call] = deque()
        self._in_line = 0
        self._recording = 0
        self._promised_time = -math.inf

    @property
    def in_flight(self) -> int:
        """Needs that are being recorded, or were and are not taken up."""
        return self._recording + self._uptake.in_flight

    @property
    def in_line(self) -> int:
        """Needs of the calls that wait to be let in."""
        return self._in_line

    @asynccontextmanager
    async def admitted(self, count: int = 1) -> AsyncIterator[Callable[[Iterable[NeedId]], None]]:
        """Around the recording of so many needs; what was recorded is told to the function it gives.

        Raises:
            Exhausted: OVERLOADED, with the time after which to try again; nothing was recorded.
        """
        if not self._uptake.is_away and self.in_flight + self._in_line >= self._most(WAIT_SECONDS):
            raise self._refusal(count)
        call = _Call(count, asyncio.get_running_loop().create_future())
        self._line.append(call)
        self._in_line += count
        self._let_in()
        try:
            if not call.is_in:
                await self._stand(call)
            yield self._uptake.note_recorded
        finally:
            if call.is_in:
                self._recording -= count
            else:
                self._line.remove(call)
                self._in_line -= count
            self._let_in()

    def note_asked(self, need_ids: Iterable[NeedId]) -> None:
        """Matching asks about these; as many others may come in."""
        self._uptake.note_asked(need_ids)
        self._let_in()

    async def _stand(self, call: _Call) -> None:
        try:
            async with asyncio.timeout(LONGEST_STAND_SECONDS):
                await call.turn
        except TimeoutError:
            self._let_in()  # matching may have gone away meanwhile: then nobody else would call them in
            if not call.is_in:
                raise self._refusal(call.count) from None

    def _let_in(self) -> None:
        while self._line and (self.in_flight < self._most(IN_FLIGHT_SECONDS) or self._uptake.is_away):
            call = self._line.popleft()
            call.is_in = True
            self._in_line -= call.count
            self._recording += call.count
            if not call.turn.done():
                call.turn.set_result(None)

    def _most(self, seconds: float) -> float:
        return max(self._uptake.rate * seconds, LEAST_IN_FLIGHT)

    def _refusal(self, count: int) -> Exhausted:
        """Asks back when there will be room, each call behind those that were refused before it.

        Asked back at once, hundreds of callers would be refused ten times and more for each that comes in.
        """
        now, rate = self._clock(), self._uptake.rate
        too_many = self.in_flight + self._in_line - self._most(IN_FLIGHT_SECONDS)
        self._promised_time = max(self._promised_time + count / rate, now + too_many / rate)
        self._promised_time = min(self._promised_time, now + LONGEST_DELAY_SECONDS)
        seconds = max(self._promised_time - now, SHORTEST_DELAY_SECONDS)
        return Exhausted(
            "More needs are waiting to be matched than can be matched soon; try again in a moment.",
            retry_delay_seconds=seconds,
        )
