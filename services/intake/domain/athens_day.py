"""The day on the wall of the office."""

from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

ATHENS: Final = ZoneInfo("Europe/Athens")


def athens_day(now: datetime) -> date:
    """The calendar day in Athens at an instant: ages, years of case codes and ends of papers go by it."""
    return now.astimezone(ATHENS).date()


def athens_midnight(day: date) -> datetime:
    """The instant at which the day begins in Athens."""
    return datetime.combine(day, time(), tzinfo=ATHENS)
