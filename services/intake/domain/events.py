"""What happened in intake: facts that others may learn. None of them says anything about the person.

`version` grows by one with each fact of the same aggregate. `request_id` is the request that caused the fact.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel.ids import AgencyId, BeneficiaryId, ConsentId, DisclosureId, NeedId, ReferralId
from kernel.vocabulary import LegalBasis, Origin, Routing, Urgency


@dataclass(frozen=True, slots=True)
class BeneficiaryRegistered:
    """A person was registered; always version 1 of the person."""

    beneficiary_id: BeneficiaryId
    registered_by_agency_id: AgencyId
    origin: Origin
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class BeneficiaryUpdated:
    """A person's data changed; `version` is the person's."""

    beneficiary_id: BeneficiaryId
    version: int
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """What matching may know of a person changed: whoever keeps a copy asks again."""

    beneficiary_id: BeneficiaryId
    profile_version: int
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ConsentRecorded:
    """`version` counts the consent events of the person."""

    consent_id: ConsentId
    beneficiary_id: BeneficiaryId
    version: int
    agency_ids: tuple[AgencyId, ...]
    valid_until_time: datetime
    notice_version: str
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ConsentWithdrawn:
    """Withdrawn whole, or for one agency; `happened_time` only where it was said earlier."""

    beneficiary_id: BeneficiaryId
    version: int
    agency_id: AgencyId | None
    happened_time: datetime | None
    consent_ids: tuple[ConsentId, ...]
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ConsentStateRecorded:
    """Consent was asked for, put off, refused, or one has ended; `version` counts the consent events."""

    beneficiary_id: BeneficiaryId
    version: int
    state: str
    consent_id: ConsentId | None = None
    agency_id: AgencyId | None = None
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ConsentFrozen:
    """Nothing is given on the person's consent until the freeze is lifted; always its version 1."""

    consent_freeze_id: UUID
    beneficiary_id: BeneficiaryId
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ConsentFreezeLifted:
    """What was signed counts again; always version 2 of the freeze."""

    consent_freeze_id: UUID
    beneficiary_id: BeneficiaryId
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class NeedRecorded:
    """A need was recorded: a signal; what it asks for is read by GetProfiles."""

    need_id: NeedId
    referral_id: ReferralId
    beneficiary_id: BeneficiaryId
    urgency: Urgency
    routing: Routing
    origin: Origin
    sender_agency_id: AgencyId
    happened_time: datetime
    recorded_time: datetime
    continues_referral_id: ReferralId | None = None
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class NeedWithdrawn:
    """`reason` is a code that travels, or WITHHELD."""

    need_id: NeedId
    referral_id: ReferralId
    beneficiary_id: BeneficiaryId
    reason: str
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class BeneficiariesMerged:
    """Two records are seen as one person's; always version 1 of the merge."""

    merge_id: UUID
    merged_beneficiary_id: BeneficiaryId
    kept_beneficiary_id: BeneficiaryId
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class BeneficiariesUnmerged:
    """They are two people again; always version 2 of the merge."""

    merge_id: UUID
    merged_beneficiary_id: BeneficiaryId
    kept_beneficiary_id: BeneficiaryId
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AgreementChanged:
    """A sharing agreement began, changed or ended; `version` is the agreement's."""

    agency_id: AgencyId
    version: int
    valid_from_time: datetime
    valid_until_time: datetime
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class DisclosureGiven:
    """Fields were given to an agency, and what that rests on.

    Args:
        asked_mask: bits of categories; 0 where the service is restricted. The same for `given_mask`.
        purpose: a code; empty where the service is restricted.
    """

    disclosure_id: DisclosureId
    referral_id: ReferralId
    agency_id: AgencyId
    asked_mask: int
    given_mask: int
    purpose: str
    legal_bases: tuple[LegalBasis, ...]
    consent_ids: tuple[ConsentId, ...]
    cell_ids: tuple[UUID, ...]
    agreement_version: int
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class DisclosureRefused:
    """An agency asked and got nothing; the referral is as the agency named it, the mask as above."""

    disclosure_id: DisclosureId
    referral_id: ReferralId
    agency_id: AgencyId
    reason: str
    asked_mask: int
    request_id: UUID | None = None


IntakeFact = (
    BeneficiaryRegistered
    | BeneficiaryUpdated
    | ProfileChanged
    | ConsentRecorded
    | ConsentWithdrawn
    | ConsentStateRecorded
    | ConsentFrozen
    | ConsentFreezeLifted
    | NeedRecorded
    | NeedWithdrawn
    | BeneficiariesMerged
    | BeneficiariesUnmerged
)
"""Facts of topic kem.intake.v1, keyed by the person."""

DisclosureFact = AgreementChanged | DisclosureGiven | DisclosureRefused
"""Facts of topic kem.disclosure.v1, keyed by the agency."""
