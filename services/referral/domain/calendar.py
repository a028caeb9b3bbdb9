"""Working days in Athens: Monday to Friday without the Greek public holidays."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from kernel.time import utc

ATHENS = ZoneInfo("Europe/Athens")
SATURDAY = 5


@lru_cache(maxsize=16)
def public_holidays(year: int) -> frozenset[date]:
    """The public holidays of Greece, the movable ones of the Orthodox Easter included."""
    return frozenset(holidays.country_holidays("GR", years=year))


def holidays_around(now: datetime) -> frozenset[date]:
    """The public holidays of this year in Athens and of the next."""
    year = now.astimezone(ATHENS).year
    return public_holidays(year) | public_holidays(year + 1)


def is_working_day(day: date) -> bool:
    return day.weekday() < SATURDAY and day not in public_holidays(day.year)


def _next_midnight(instant: datetime) -> datetime:
    """The end of the instant's day in Athens, in UTC: 23 or 25 hours after its begin when clocks change."""
    return _midnight_after(instant.astimezone(ATHENS).date())


@lru_cache(maxsize=512)
def _midnight_after(day: date) -> datetime:
    following = day + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=ATHENS).astimezone(UTC)


def add_working_seconds(start: datetime, seconds: float) -> datetime:
    """The instant by which this much time has passed on working days; other days do not count.

    Three working days are 3 × 86,400 seconds: from Friday 16:00 until Wednesday 16:00.
    """
    cursor, left = utc(start), seconds
    while True:
        end_of_day = _next_midnight(cursor)
        if is_working_day(cursor.astimezone(ATHENS).date()):
            today = (end_of_day - cursor).total_seconds()
            if left <= today:
                return cursor + timedelta(seconds=left)
            left -= today
        cursor = end_of_day


def working_seconds_between(start: datetime, end: datetime) -> float:
    """How much time passes on working days from `start` to `end`; 0 where `end` is not later."""
    cursor, until, passed = utc(start), utc(end), 0.0
    while cursor < until:
        end_of_day = min(_next_midnight(cursor), until)
        if is_working_day(cursor.astimezone(ATHENS).date()):
            passed += (end_of_day - cursor).total_seconds()
        cursor = end_of_day
    return passed


def morning_of(day: date) -> datetime:
    """Nine o'clock in Athens on that day, in UTC."""
    return datetime(day.year, day.month, day.day, 9, tzinfo=ATHENS).astimezone(UTC)
