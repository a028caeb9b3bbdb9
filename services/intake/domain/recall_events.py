"""Facts about what is recalled from agencies; told on kem.disclosure.v1, keyed by the agency.

Masks are bits of categories; 0, and no ground, where the service is restricted.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel.ids import AgencyId, ReferralId


@dataclass(frozen=True, slots=True)
class RecallOpened:
    """An agency must say what became of what it was given; `cause` is a code of RecallCause."""

    recall_id: UUID
    referral_id: ReferralId
    agency_id: AgencyId
    sender_agency_id: AgencyId
    cause: str
    recalled_mask: int
    due_time: datetime
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RecallAcknowledged:
    """It has said so. `version` counts what was told of the recall, this included."""

    recall_id: UUID
    referral_id: ReferralId
    agency_id: AgencyId
    sender_agency_id: AgencyId
    destroyed_mask: int
    kept_mask: int
    kept_ground: str
    version: int = 2
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RecallOverdue:
    """Its time is over and it has not."""

    recall_id: UUID
    referral_id: ReferralId
    agency_id: AgencyId
    sender_agency_id: AgencyId
    due_time: datetime
    request_id: UUID | None = None


RecallFact = RecallOpened | RecallAcknowledged | RecallOverdue
