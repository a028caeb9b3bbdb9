"""Facts about complaints; told under the complaint itself, as an agency would tell who is accused."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ComplaintRegistered:
    """Somebody complains; about whom and what is not said."""

    complaint_id: UUID
    due_time: datetime
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ComplaintAnswered:
    """It was looked into; what was found is not said."""

    complaint_id: UUID
    request_id: UUID | None = None
