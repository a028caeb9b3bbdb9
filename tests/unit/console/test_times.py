"""What was typed to the minute, and when that is."""

from datetime import UTC, datetime, timedelta

import pytest

from services.console.entrypoints.forms import as_instant, as_past
from services.console.entrypoints.rendering import ATHENS

MINUTE = timedelta(minutes=1)


def typed(at: datetime) -> tuple[str, str]:
    there = at.astimezone(ATHENS)
    return f"{there:%d/%m/%Y}", f"{there:%H:%M}"


def test_what_is_remembered_of_this_minute_was_not_before_what_came_in_it() -> None:
    before = datetime.now(UTC)
    found = as_past(*typed(before))
    assert found is not None
    assert before <= found <= datetime.now(UTC)


def test_a_minute_that_has_passed_stands_for_all_of_it_and_one_that_comes_as_it_was_typed() -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    assert as_past(*typed(now - 5 * MINUTE)) == now - 4 * MINUTE
    assert as_past(*typed(now + 5 * MINUTE)) == now + 5 * MINUTE
    assert as_instant(*typed(now)) == now, "of what is to come the minute that was typed counts"


def test_the_last_minute_before_clocks_go_back_stands_for_one_minute() -> None:
    assert as_past("26/10/2025", "03:59") == datetime(2025, 10, 26, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(("day", "clock"), [("", "10:00"), ("the first of May", ""), ("1/5/2026", "noon")])
def test_what_is_no_time_is_none(day: str, clock: str) -> None:
    assert as_past(day, clock) is None
