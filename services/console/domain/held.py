"""What an agency holds for too long without saying how it goes: by what its page marks it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import auto
from types import MappingProxyType
from typing import Final

from kernel.vocabulary import Code, Urgency

LONGEST_WITHOUT_BEGIN: Final[Mapping[Urgency, timedelta]] = MappingProxyType(
    {
        Urgency.EMERGENCY: timedelta(hours=24),
        Urgency.URGENT: timedelta(hours=72),
        Urgency.NORMAL: timedelta(days=14),
    }
)
"""As long as the person may wait for an answer they may wait for the beginning, counted from the answer."""


def begin_due_time(urgency: Urgency, taken_up_time: datetime) -> datetime:
    """Until when its beginning should be reported."""
    return taken_up_time + LONGEST_WITHOUT_BEGIN[urgency]


class Lateness(Code):
    """Why something that is held is late."""

    NOT_BEGUN = auto()
    """Taken up, and no beginning was reported."""
    NO_OUTCOME = auto()
    """Its course or session is over, and no outcome was reported."""


def lateness_of(
    *,
    urgency: Urgency,
    taken_up_time: datetime,
    has_begun: bool,
    activity_end_time: datetime | None,
    now: datetime,
) -> Lateness | None:
    """Why it is late; None where it is not. `activity_end_time` None: it is for no course or session."""
    if activity_end_time is not None and activity_end_time <= now:
        return Lateness.NO_OUTCOME
    if not has_begun and now > begin_due_time(urgency, taken_up_time):
        return Lateness.NOT_BEGUN
    return None
