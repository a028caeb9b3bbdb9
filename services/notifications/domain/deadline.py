"""A deadline of something that waits for officers: before it, and when it has passed, they are told once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from kernel.ids import EventId, derived_id
from services.notifications.domain.audience import ForOfficers
from services.notifications.domain.delivery import Sign

SOON: Final = timedelta(days=7)
"""As the officers' lists say that something is due soon: time for an answer, and for the post."""


class Subject(StrEnum):
    """What has a deadline; the names of its signs begin so."""

    RIGHTS_REQUEST = "RIGHTS_REQUEST"
    COMPLAINT = "COMPLAINT"


_OVERDUE: Final = {
    Subject.RIGHTS_REQUEST: "RightsRequestOverdue",
    Subject.COMPLAINT: "ComplaintOverdue",
}
_DUE_SOON: Final = {Subject.RIGHTS_REQUEST: "RightsRequestDueSoon"}


@dataclass(frozen=True, slots=True)
class DeadlineFact:
    """Something got its time, or another, or was answered.

    Args:
        due_time: None where it was answered.
        event_time: when that happened.
    """

    subject: Subject
    subject_id: UUID
    due_time: datetime | None
    event_time: datetime

    @property
    def next_time(self) -> datetime | None:
        """When officers are told next: a week before it is due unless it was nearer from the start, else when
        it is; None where nothing waits any more.
        """
        if self.due_time is None:
            return None
        soon_time = self.due_time - SOON
        return soon_time if self.subject in _DUE_SOON and self.event_time < soon_time else self.due_time


@dataclass(slots=True)
class Deadline:
    """One of which something is to be told now.

    Args:
        next_time: when officers are told next; None where all is told.
    """

    subject: Subject
    subject_id: UUID
    due_time: datetime
    next_time: datetime | None

    def tell(self, now: datetime) -> ForOfficers:
        """What is told now: that it is due soon, or overdue where its time has passed, told before or not."""
        now = max(now, self.next_time or now)  # it was taken by another clock
        is_overdue = now >= self.due_time
        kind = (_OVERDUE if is_overdue else _DUE_SOON)[self.subject]
        self.next_time = None if is_overdue else self.due_time
        told = derived_id("deadline", kind, str(self.subject_id), self.due_time.isoformat())
        return ForOfficers(Sign(kind, EventId(told), now))
