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
    """It has said so."""

    recall_id: UUID
    referral_id: ReferralId
    agency_id: AgencyId
    sender_agency_id: AgencyId
    destroyed_mask: int
    kept_mask: int
    kept_ground: str
    request_id: UUID | None = None


RecallFact = RecallOpened | RecallAcknowledged
