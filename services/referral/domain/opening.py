"""When a service is open, in Athens time."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from kernel.errors import Invalid

ATHENS = ZoneInfo("Europe/Athens")
_NO_HOLIDAYS: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """One stretch of one weekday (1 Monday to 7 Sunday), in minutes after midnight; `until` is not open.

    Raises:
        Invalid: OPENING_INVALID, it ends before it begins or is no time of a day.
    """

    weekday: int
    from_minute: int
    until_minute: int

    def __post_init__(self) -> None:
        if not (1 <= self.weekday <= 7 and 0 <= self.from_minute < self.until_minute <= 1440):
            raise Invalid("Opening hours must begin before they end, on one day.", reason="OPENING_INVALID")


def is_open(opening: tuple[OpeningHours, ...], now: datetime, holidays: Set[date] = _NO_HOLIDAYS) -> bool:
    """Whether one of the stretches holds at `now`; nothing is known to be open where no hours are written."""
    here = now.astimezone(ATHENS)
    if here.date() in holidays:
        return False
    minute = here.hour * 60 + here.minute
    weekday = here.isoweekday()
    return any(
        hours.weekday == weekday and hours.from_minute <= minute < hours.until_minute for hours in opening
    )


def next_opening(
    opening: tuple[OpeningHours, ...], now: datetime, holidays: Set[date] = _NO_HOLIDAYS
) -> datetime | None:
    """The next instant (UTC) at which a stretch begins, within 14 days; None where no hours are written."""
    here = now.astimezone(ATHENS)
    for days in range(15):
        day = here.date() + timedelta(days=days)
        if day in holidays:
            continue
        starts = [
            datetime(
                day.year, day.month, day.day, hours.from_minute // 60, hours.from_minute % 60, tzinfo=ATHENS
            ).astimezone(UTC)
            for hours in opening
            if hours.weekday == day.isoweekday()
        ]
        later = [start for start in starts if start > now]
        if later:
            return min(later)
    return None
