"""How much waits for an officer, or for an agency."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from kernel.vocabulary import Role

SOON: Final = timedelta(days=7)
"""So long before it is due something is said to be due soon: time for an answer, and for the post."""


class WaitingList(StrEnum):
    """The lists in which something waits for somebody."""

    EMERGENCY_ACCESSES = "EMERGENCY_ACCESSES"
    EMERGENCY_REVIEWS = "EMERGENCY_REVIEWS"
    RECALLS = "RECALLS"
    RIGHTS_REQUESTS = "RIGHTS_REQUESTS"
    COMPLAINTS = "COMPLAINTS"
    RECALLS_TO_ANSWER = "RECALLS_TO_ANSWER"
    """What the caller's own agency was given and must say of."""


_OF_AGENCIES: Final = frozenset({WaitingList.RECALLS_TO_ANSWER})

LISTS_OF: Final[Mapping[Role, frozenset[WaitingList]]] = {
    Role.DPO: frozenset(WaitingList) - _OF_AGENCIES,
    Role.SAFEGUARDING_OFFICER: frozenset(
        {WaitingList.EMERGENCY_REVIEWS, WaitingList.RECALLS, WaitingList.COMPLAINTS}
    ),
    Role.AGENCY_MEMBER: _OF_AGENCIES,
    Role.AGENCY_ADMIN: _OF_AGENCIES,
}
"""Which of them somebody may read: a test compares it with who may call the method of each."""


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
