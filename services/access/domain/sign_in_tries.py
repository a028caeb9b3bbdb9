"""How often somebody may try to sign in: a delay that grows with each failure, and never lasts for ever.

Tries are counted for a login, whether anybody has it or not, and apart from that for each device on which the
person has signed in before: whoever fails elsewhere, on purpose maybe, does not delay the person there.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from kernel.errors import Exhausted

FREE_TRIES: Final = 5
"""Typing errors cost nothing."""
FIRST_DELAY: Final = timedelta(seconds=2)
LONGEST_DELAY: Final = timedelta(minutes=15)
MEMORY: Final = timedelta(hours=24)
"""So long after the last try all is forgotten."""
SHORT_MEMORY: Final = timedelta(hours=1)
"""The same while nobody was delayed yet: whoever makes logins up leaves little behind."""


class TooManyTries(Exhausted):
    """Too many failures in a row; it passes."""

    reason = "TOO_MANY_TRIES"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            "There were too many failed tries; wait a little. Where you have signed in before you are not"
            " delayed by what others do elsewhere.",
            retry_delay_seconds=seconds,
        )


@dataclass(slots=True)
class SignInTries:
    """The tries of one login, or of one known device, since the last success."""

    tries: int = 0
    last_try_time: datetime | None = None
    next_try_time: datetime | None = None

    def delay(self, now: datetime) -> timedelta:
        """How long to wait; a try that comes before neither counts nor makes it longer."""
        if self.next_try_time is None:
            return timedelta()
        return max(self.next_try_time - now, timedelta())

    def count(self, now: datetime) -> None:
        """One more try, counted before it is looked at: many at once are no way around the delay."""
        memory = SHORT_MEMORY if self.tries < FREE_TRIES else MEMORY
        if self.last_try_time is not None and now - self.last_try_time >= memory:
            self.tries = 0
        self.tries += 1
        self.last_try_time = now
        self.next_try_time = now + delay_after(self.tries)


def delay_after(tries: int) -> timedelta:
    """What so many failures in a row cost: nothing, then 2, 4, 8 … seconds, 15 minutes at most."""
    if tries < FREE_TRIES:
        return timedelta()
    return min(FIRST_DELAY * (1 << min(tries - FREE_TRIES, 20)), LONGEST_DELAY)
