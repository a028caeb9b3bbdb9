"""The person's clock and the agency's window, on a calendar of Athens."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.referral.domain.calendar import (
    add_working_seconds,
    is_working_day,
    public_holidays,
    working_seconds_between,
)
from services.referral.domain.clocks import (
    Clock,
    ReminderStage,
    WindowUnit,
    person_due,
    reminders,
    seconds_left,
    window_end,
    window_resumed,
)

DAY = 86_400
EMERGENCY = Clock(DAY, 7200, WindowUnit.ELAPSED, unacknowledged_alarm_seconds=1800)
NORMAL = Clock(14 * DAY, 3 * DAY, WindowUnit.WORKING_DAYS)


def athens(day: int, hour: int, month: int = 3) -> datetime:
    """Winter time in Athens, 2026: two hours before UTC."""
    return datetime(2026, month, day, hour, tzinfo=UTC) - timedelta(hours=2)


def test_greek_holidays_are_known_with_the_movable_ones() -> None:
    days = public_holidays(2026)
    assert date(2026, 4, 10) in days  # Good Friday of the Orthodox Easter
    assert date(2026, 4, 13) in days
    assert date(2026, 2, 23) in days  # Green Monday
    assert date(2026, 10, 28) in days


def test_saturdays_sundays_and_holidays_are_no_working_days() -> None:
    assert is_working_day(date(2026, 3, 4))
    assert not is_working_day(date(2026, 3, 7))
    assert not is_working_day(date(2026, 3, 25))


def test_three_working_days_from_friday_afternoon_end_on_wednesday_afternoon() -> None:
    assert add_working_seconds(athens(6, 16), 3 * DAY) == athens(11, 16)


def test_an_offer_of_a_saturday_begins_to_count_on_monday() -> None:
    assert add_working_seconds(athens(7, 12), 3 * DAY) == athens(12, 0)


def test_a_public_holiday_does_not_count() -> None:
    # 25 March 2026 is a Wednesday
    assert add_working_seconds(athens(24, 10), DAY) == athens(26, 10)


def test_the_night_when_clocks_change_costs_nobody_an_hour() -> None:
    friday_noon = datetime(2026, 3, 27, 10, tzinfo=UTC)
    assert add_working_seconds(friday_noon, DAY) == datetime(
        2026, 3, 30, 9, tzinfo=UTC
    )  # noon again, in summer


@pytest.mark.parametrize("seconds", [1, 3600, DAY, 3 * DAY, 10 * DAY])
def test_working_time_counted_back_is_what_was_counted_forth(seconds: int) -> None:
    start = athens(6, 16)
    assert working_seconds_between(start, add_working_seconds(start, seconds)) == seconds


def test_an_offer_window_never_goes_past_the_persons_clock() -> None:
    now = athens(4, 9)
    due = now + timedelta(hours=1)
    assert window_end(now, EMERGENCY, due) == due
    assert window_end(now, NORMAL, due) == due
    assert window_end(now, EMERGENCY, now + timedelta(hours=9)) == now + timedelta(hours=2)


def test_a_persons_clock_that_has_run_out_bounds_nothing() -> None:
    now = athens(4, 9)
    assert window_end(now, EMERGENCY, now - timedelta(days=3)) == now + timedelta(hours=2)


def test_the_persons_clock_runs_on_every_day() -> None:
    assert person_due(athens(6, 16), NORMAL) == athens(20, 16)


def test_reminders_come_at_half_and_at_four_fifths() -> None:
    now = athens(4, 9)
    planned = reminders(now, now + timedelta(hours=10), Clock(DAY, 36_000, WindowUnit.ELAPSED))
    assert [(one.stage, one.due_time - now) for one in planned] == [
        (ReminderStage.HALF, timedelta(hours=5)),
        (ReminderStage.FOUR_FIFTHS, timedelta(hours=8)),
    ]


def test_an_emergency_that_nobody_opens_raises_an_alarm_after_half_an_hour() -> None:
    now = athens(4, 9)
    planned = reminders(now, now + timedelta(hours=2), EMERGENCY)
    assert planned[0].stage is ReminderStage.UNACKNOWLEDGED
    assert planned[0].due_time == now + timedelta(minutes=30)


def test_reminders_of_a_window_in_working_days_do_not_fall_on_a_weekend() -> None:
    friday = athens(6, 16)
    planned = reminders(friday, add_working_seconds(friday, 3 * DAY), NORMAL)
    assert planned[0].due_time == athens(10, 4)


def test_a_question_keeps_what_is_left_of_the_window() -> None:
    friday = athens(6, 16)
    end = add_working_seconds(friday, 3 * DAY)
    left = seconds_left(athens(9, 16), end, NORMAL)
    assert left == 2 * DAY
    assert window_resumed(athens(10, 9), NORMAL, left, None) == athens(12, 9)


def test_what_is_left_is_never_less_than_nothing() -> None:
    assert seconds_left(athens(9, 16), athens(6, 16), NORMAL) == 0
    assert seconds_left(athens(9, 16), athens(6, 16), EMERGENCY) == 0
