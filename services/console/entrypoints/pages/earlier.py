"""When something was said or done, where it is entered later: from paper, or after a call."""

from datetime import datetime

from services.console.entrypoints.forms import as_past
from services.console.entrypoints.page import Visit


def happened_typed(visit: Visit, name: str = "happened") -> datetime | None:
    """When it was; None where nothing is typed, or nothing that is a time: that goes to `visit.errors`.

    Args:
        name: how its two fields begin, NAME_day and NAME_clock.
    """
    day, clock = visit.form.text(f"{name}_day"), visit.form.text(f"{name}_clock")
    if not day and not clock:
        return None
    at = as_past(day, clock, visit.form.opened_time)
    if at is None:
        visit.errors.add(f"{name}_day", visit.say("Type day and time as 31/12/2026 and 14:30."))
    return at
