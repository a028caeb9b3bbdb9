"""How many needs wait for matching to take them up, and how fast it takes them."""

import math
from collections.abc import Callable, Iterable
from typing import Final

from kernel.ids import NeedId

SILENCE_SECONDS: Final = 3.0
"""Whoever has asked about nothing for so long, although something waits and nothing is in hand, is away."""
ASSUMED_RATE: Final = 200.0
"""Needs a second, until something was measured."""
LONGEST_IN_HAND_SECONDS: Final = 10.0
"""Nothing that matching asks about at once keeps it busy for longer: it may be away then, however slow
it was."""
_MEMORY_SECONDS: Final = 0.5
_BUSY_SECONDS: Final = 0.1
"""A need that has waited for so long shows that matching was at work, if it was when the need came."""
_MOST_REMEMBERED: Final = 10_000


class Uptake:
    """Knows what was recorded here and not taken up yet: for what it takes up, matching asks for profiles.

    It asks in the order of the needs, near enough: a question about one says that those before it are taken.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._in_flight: dict[NeedId, float] = {}
        """Each with the instant at which it was recorded, the oldest first."""
        self._asked_time = -math.inf
        self._in_hand = 0
        self._taken, self._seconds = ASSUMED_RATE * _MEMORY_SECONDS / 2, _MEMORY_SECONDS / 2

    @property
    def in_flight(self) -> int:
        """Needs that were recorded and not taken up."""
        return len(self._in_flight)

    @property
    def rate(self) -> float:
        """Needs a second that matching takes up while it has enough of them."""
        return self._taken / self._seconds

    @property
    def is_away(self) -> bool:
        """Whether nobody has ever asked here, or not for long although something waits.

        So it is also where the questions go to another process of intake.
        """
        now = self._clock()
        oldest_time = next(iter(self._in_flight.values()), now)
        idle_time = max(self._asked_time + self._in_hand_seconds, oldest_time)
        return self._asked_time == -math.inf or now - idle_time > SILENCE_SECONDS

    @property
    def _in_hand_seconds(self) -> float:
        return min(self._in_hand / self.rate, LONGEST_IN_HAND_SECONDS)

    def note_recorded(self, need_ids: Iterable[NeedId]) -> None:
        """These are committed, and matching will hear of them."""
        now = self._clock()
        self._in_flight.update(dict.fromkeys(need_ids, now))
        while len(self._in_flight) > _MOST_REMEMBERED:
            del self._in_flight[next(iter(self._in_flight))]

    def note_asked(self, need_ids: Iterable[NeedId]) -> None:
        """Matching asks about these: about some because it takes them up now, about others once more."""
        news = {need_id for need_id in need_ids if need_id in self._in_flight}
        if not news:
            return
        now, oldest_time, taken = self._clock(), next(iter(self._in_flight.values())), 0
        for need_id in list(self._in_flight):
            if not news:
                break
            news.discard(need_id)
            del self._in_flight[need_id]
            taken += 1
        pause = oldest_time - self._asked_time
        was_busy = pause <= self._in_hand_seconds and now - oldest_time >= _BUSY_SECONDS
        self._measure(now - self._asked_time, was_busy=was_busy)
        self._asked_time, self._in_hand = now, taken

    def _measure(self, seconds: float, *, was_busy: bool) -> None:
        """From one question to the next the needs of the first were matched.

        Where matching had nothing to do in between, it is at least as fast as that.
        """
        most_seconds = SILENCE_SECONDS + self._in_hand_seconds
        if seconds > most_seconds or not (was_busy or self._in_hand > self.rate * seconds):
            return
        kept = math.exp(-seconds / _MEMORY_SECONDS)
        self._taken = self._taken * kept + self._in_hand
        self._seconds = self._seconds * kept + seconds
