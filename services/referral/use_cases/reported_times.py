"""Times that people report late are checked against what is known."""

from datetime import datetime

from kernel.errors import Invalid
from kernel.time import utc


def checked_happened_time(happened_time: datetime | None, now: datetime, earliest_time: datetime) -> datetime:
    """The reported time, or `now` where none was given.

    Raises:
        Invalid: HAPPENED_IN_THE_FUTURE or HAPPENED_TOO_EARLY.
    """
    if happened_time is None:
        return now
    happened = utc(happened_time)
    if happened > now:
        raise Invalid("The time lies in the future.", reason="HAPPENED_IN_THE_FUTURE")
    if happened < earliest_time:
        raise Invalid("The time lies before the step that came before it.", reason="HAPPENED_TOO_EARLY")
    return happened
