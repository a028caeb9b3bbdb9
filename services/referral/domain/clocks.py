"""The two clocks: the person's, to a first positive answer, and the agency's window on each offer.

All figures are a policy with a version that each decision cites; `now` is the database's time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import auto

from kernel.codes import Code, Urgency
from services.referral.domain.calendar import add_working_seconds, working_seconds_between


class WindowUnit(Code):
    """How an offer window passes: always, or on working days only."""

    ELAPSED = auto()
    WORKING_DAYS = auto()


class ReminderStage(Code):
    HALF = auto()
    FOUR_FIFTHS = auto()
    UNACKNOWLEDGED = auto()


@dataclass(frozen=True, slots=True)
class Clock:
    """The figures of one urgency.

    Args:
        person_clock_seconds: to a first positive answer; always elapsed time.
        offer_window_seconds: a working day counts 86,400.
        reminder_fractions: of the window, for HALF and FOUR_FIFTHS.
        unacknowledged_alarm_seconds: after the offer, when nobody has opened it; None: no alarm.
    """

    person_clock_seconds: int
    offer_window_seconds: int
    window_unit: WindowUnit
    reminder_fractions: tuple[float, float] = (0.5, 0.8)
    unacknowledged_alarm_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class ResponsePolicy:
    """All clocks of one version."""

    version: str
    clocks: Mapping[Urgency, Clock]


@dataclass(frozen=True, slots=True)
class Reminder:
    stage: ReminderStage
    due_time: datetime


def person_due(recorded_time: datetime, clock: Clock) -> datetime:
    """Until when the person must have a first positive answer."""
    return recorded_time + timedelta(seconds=clock.person_clock_seconds)


def window_end(now: datetime, clock: Clock, person_due_time: datetime | None) -> datetime:
    """Until when an offer made at `now` must be answered.

    Never past the person's clock while that runs. Once it has run out, or they have had their positive
    answer (None), it cannot bound an offer any more.
    """
    return _bounded(now, clock, clock.offer_window_seconds, person_due_time)


def seconds_left(now: datetime, respond_by_time: datetime, clock: Clock) -> int:
    """What is left of a window that stands still from now on; counted as the window counts."""
    if clock.window_unit is WindowUnit.WORKING_DAYS:
        return max(0, int(working_seconds_between(now, respond_by_time)))
    return max(0, int((respond_by_time - now).total_seconds()))


def window_resumed(
    now: datetime, clock: Clock, remaining_seconds: int, person_due_time: datetime | None
) -> datetime:
    """The new end of a window that stood still and goes on at `now`."""
    return _bounded(now, clock, remaining_seconds, person_due_time)


def reminders(offered_time: datetime, respond_by_time: datetime, clock: Clock) -> tuple[Reminder, ...]:
    """When to remind of an offer, in order of time; the alarm only where it comes before the end."""
    if clock.window_unit is WindowUnit.WORKING_DAYS:
        whole = working_seconds_between(offered_time, respond_by_time)
        at = [add_working_seconds(offered_time, whole * part) for part in clock.reminder_fractions]
    else:
        whole = (respond_by_time - offered_time).total_seconds()
        at = [offered_time + timedelta(seconds=whole * part) for part in clock.reminder_fractions]
    due = [Reminder(ReminderStage.HALF, at[0]), Reminder(ReminderStage.FOUR_FIFTHS, at[1])]
    if clock.unacknowledged_alarm_seconds is not None:
        alarm = offered_time + timedelta(seconds=clock.unacknowledged_alarm_seconds)
        due.append(Reminder(ReminderStage.UNACKNOWLEDGED, alarm))
    return tuple(sorted((one for one in due if one.due_time < respond_by_time), key=lambda one: one.due_time))


def _bounded(now: datetime, clock: Clock, seconds: float, person_due_time: datetime | None) -> datetime:
    if clock.window_unit is WindowUnit.WORKING_DAYS:
        end = add_working_seconds(now, seconds)
    else:
        end = now + timedelta(seconds=seconds)
    if person_due_time is not None and person_due_time > now:
        return min(end, person_due_time)
    return end
