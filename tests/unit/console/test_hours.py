"""When a service is open, in Athens' time, whatever the zone of the clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.console.domain.public.hours import Stretch, is_open, week

WEDNESDAY = datetime(2026, 3, 4, 7, 0, tzinfo=UTC)
"""09:00 in Athens."""
HOURS = (Stretch(3, 540, 900), Stretch(3, 1020, 1200), Stretch(7, 0, 1440))


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(-1, False), (0, True), (359, True), (360, False), (479, False), (480, True), (660, False)],
)
def test_it_is_open_from_the_first_minute_and_closed_from_the_last(minutes: int, expected: bool) -> None:
    at = datetime.fromtimestamp(WEDNESDAY.timestamp() + minutes * 60, UTC)
    assert is_open(HOURS, at) is expected


def test_it_goes_by_athens_in_summer_and_in_winter() -> None:
    summer = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
    assert is_open(HOURS, summer)
    assert not is_open(HOURS, summer.replace(hour=5))
    assert is_open(HOURS, WEDNESDAY.astimezone(ZoneInfo("Asia/Tokyo")))


def test_nothing_is_known_to_be_open_where_no_hours_are_written() -> None:
    assert not is_open((), WEDNESDAY)
    assert week((), WEDNESDAY) == []


def test_the_week_names_each_day_with_its_hours_and_today() -> None:
    days = week(HOURS, WEDNESDAY)
    assert [day.weekday for day in days] == [1, 2, 3, 4, 5, 6, 7]
    assert days[2].hours == ("09:00–15:00", "17:00–20:00")
    assert [day.is_today for day in days].index(True) == 2
    assert (days[0].hours, days[6].is_all_day, days[2].is_all_day) == ((), True, False)
