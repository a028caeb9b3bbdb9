"""That somebody tried to reach a person: what others learn of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel.ids import AgencyId, BeneficiaryId, ReferralId


@dataclass(frozen=True, slots=True)
class ContactAttempted:
    """Always version 1 of the try. By which channel is told to nobody."""

    contact_attempt_id: UUID
    beneficiary_id: BeneficiaryId
    referral_id: ReferralId | None
    agency_id: AgencyId
    by_holder: bool
    is_reached: bool
    by_safe_channel: bool
    happened_time: datetime
    request_id: UUID | None = None
