"""A gap in service: the fact that nothing fitted a need."""

from dataclasses import dataclass
from uuid import UUID

from kernel import codes
from kernel.codes import Urgency
from kernel.ids import ReferralId, random_id


@dataclass(frozen=True, slots=True)
class Gap:
    """A need that no service could meet; only the sector ever leaves this service.

    It is an aggregate of its own: it stays a fact also when the referral is matched later.
    """

    gap_id: UUID
    referral_id: ReferralId
    service_type: str | None
    sector: str | None
    urgency: Urgency
    reason: str


def new_gap(referral_id: ReferralId, service_type: str | None, urgency: Urgency, reason: str) -> Gap:
    """A gap with an id of its own and the sector of its type, where the type is known."""
    sector = codes.service_type(service_type).sector if service_type else None
    return Gap(random_id(), referral_id, service_type, sector, urgency, reason)
