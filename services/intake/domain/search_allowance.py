"""How often a worker may search, and how many people it takes to make somebody look."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from kernel.errors import Exhausted

WINDOW: Final = timedelta(hours=1)
"""In which different people are counted."""


class SearchedTooOften(Exhausted):
    """The worker is to wait for a moment; refused before anything was looked for."""

    reason = "SEARCHED_TOO_OFTEN"


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """Per worker: the principal, with the agency's own reference of who acts."""

    searches_per_minute: int = 30
    """So many at once, too, after a rest."""
    people_per_hour: int = 60
    """More different people than these raise an alarm; nobody is kept from working."""


@dataclass(frozen=True, slots=True)
class SearchTally:
    """What a worker has left at an instant."""

    allowance: float
    refilled_time: datetime
    alarmed_time: datetime | None = None

    def after_one(self, limits: SearchLimits, now: datetime) -> "SearchTally":
        """What is left after one more search.

        Raises:
            SearchedTooOften: with the time after which to try again.
        """
        per_second = limits.searches_per_minute / 60
        rested = max((now - self.refilled_time).total_seconds(), 0.0)
        allowance = min(self.allowance + rested * per_second, float(limits.searches_per_minute))
        if allowance < 1:
            raise SearchedTooOften(
                "You have searched very often within a minute; wait a moment, then search again.",
                retry_delay_seconds=(1 - allowance) / per_second,
            )
        return SearchTally(allowance - 1, now, self.alarmed_time)

    def alarmed(self, now: datetime) -> "SearchTally":
        """The same, with the alarm told now."""
        return replace(self, alarmed_time=now)

    def is_alarming(self, people: int, limits: SearchLimits, now: datetime) -> bool:
        """Whether so many people within the window are to be told now: once in each window."""
        was_told = self.alarmed_time is not None and now - self.alarmed_time < WINDOW
        return people > limits.people_per_hour and not was_told
