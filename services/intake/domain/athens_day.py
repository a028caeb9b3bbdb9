"""The day on the wall of the office."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

ATHENS: Final = ZoneInfo("Europe/Athens")


def athens_day(now: datetime) -> date:
    """The calendar day in Athens at an instant: ages, years of case codes and ends of papers go by it."""
    return now.astimezone(ATHENS).date()
