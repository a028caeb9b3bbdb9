"""Facts about what is given otherwise than by consent at the hub's own door; told on kem.disclosure.v1."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel.ids import AgencyId, ConsentId, DisclosureId, ReferralId
from kernel.vocabulary import LegalBasis


@dataclass(frozen=True, slots=True)
class HandoverRecorded:
    """Something was told by telephone, and what that rested on when it was said.

    Args:
        given_mask: 0 where the service is restricted; `purpose` is empty there.
        agreement_version: 0 where no agreement was in force.
    """

    disclosure_id: DisclosureId
    referral_id: ReferralId
    agency_id: AgencyId
    given_mask: int
    legal_basis: LegalBasis
    is_taken: bool
    happened_time: datetime
    purpose: str
    consent_ids: tuple[ConsentId, ...]
    cell_ids: tuple[UUID, ...]
    agreement_version: int
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class EmergencyReviewed:
    """Somebody who had no part in it has looked; `kind` is a code of EmergencyKind.

    `version` is the subject's: a review is the last that is told of it.
    """

    subject_id: UUID
    version: int
    kind: str
    referral_id: ReferralId
    agency_id: AgencyId
    is_justified: bool
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class EmergencyAccessRequested:
    """Somebody asks to see more than consent allows; the mask is 0 where the service is restricted."""

    emergency_access_id: UUID
    referral_id: ReferralId
    agency_id: AgencyId
    asked_mask: int
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class EmergencyAccessDecided:
    """Somebody else allowed it until `valid_until_time`, or did not (None); the mask as above."""

    emergency_access_id: UUID
    referral_id: ReferralId
    agency_id: AgencyId
    authorised_mask: int
    valid_until_time: datetime | None
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class EmergencyDisclosureGiven:
    """Fields were given by an emergency access, on no consent; masks as above, and `purpose` empty there."""

    disclosure_id: DisclosureId
    emergency_access_id: UUID
    referral_id: ReferralId
    agency_id: AgencyId
    asked_mask: int
    given_mask: int
    purpose: str
    agreement_version: int
    request_id: UUID | None = None


EmergencyFact = (
    HandoverRecorded
    | EmergencyReviewed
    | EmergencyAccessRequested
    | EmergencyAccessDecided
    | EmergencyDisclosureGiven
)
"""Keyed by the agency that was given something."""
