"""Opening hours as people read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

ATHENS: Final = ZoneInfo("Europe/Athens")
_DAYS: Final = range(1, 8)
_WHOLE_DAY: Final = (0, 1440)


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """From when until when on one weekday (1 Monday to 7 Sunday), in minutes after midnight."""

    weekday: int
    from_minute: int
    until_minute: int


@dataclass(frozen=True, slots=True)
class Day:
    """A weekday with its hours, as texts; none: closed. `is_today` by Athens' calendar."""

    weekday: int
    hours: tuple[str, ...]
    is_all_day: bool
    is_today: bool


def is_open(opening: Sequence[Stretch], now: datetime) -> bool:
    """Whether one of the stretches holds at `now`; nothing is known to be open where no hours are written."""
    here = now.astimezone(ATHENS)
    minute = here.hour * 60 + here.minute
    return any(
        one.weekday == here.isoweekday() and one.from_minute <= minute < one.until_minute for one in opening
    )


def week(opening: Sequence[Stretch], now: datetime) -> list[Day]:
    """Monday to Sunday; empty where no hours are written."""
    if not opening:
        return []
    today = now.astimezone(ATHENS).isoweekday()
    return [_day(number, opening, is_today=number == today) for number in _DAYS]


def clock(minute: int) -> str:
    """A time of day: 08:30."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _day(weekday: int, opening: Sequence[Stretch], *, is_today: bool) -> Day:
    of_day = sorted(one for one in opening if one.weekday == weekday)
    is_all_day = any((one.from_minute, one.until_minute) == _WHOLE_DAY for one in of_day)
    hours = tuple(f"{clock(one.from_minute)}–{clock(one.until_minute)}" for one in of_day)
    return Day(weekday, hours, is_all_day, is_today)
