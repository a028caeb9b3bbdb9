"""How much waits for an officer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

SOON: Final = timedelta(days=7)
"""So long before it is due something is said to be due soon: time for an answer, and for the post."""


class WaitingList(StrEnum):
    """The lists in which something waits for an officer."""

    EMERGENCY_ACCESSES = "EMERGENCY_ACCESSES"
    EMERGENCY_REVIEWS = "EMERGENCY_REVIEWS"
    RECALLS = "RECALLS"
    RIGHTS_REQUESTS = "RIGHTS_REQUESTS"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits in a list.

    Args:
        due_soon: how many are not due yet, and within a week.
        first_due_time: None where nothing waits, and in a list without times.
    """

    count: int
    overdue: int
    due_soon: int
    first_due_time: datetime | None
