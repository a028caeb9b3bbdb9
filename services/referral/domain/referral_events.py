"""What can happen to a referral and its offers.

Reasons are given in full here; the codec withholds what may not travel.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel.codes import Urgency
from kernel.ids import AgencyId, OfferId, ReferralId, ServiceId
from services.referral.domain.considered import Considered


@dataclass(frozen=True, slots=True)
class ReferralAwaitingPerson:
    """`cause`: ASK_FIRST, HOLD, LIST_ENDED, NO_CONSENT, WAIT_OFFERED, PERSON_CLOCK_ENDED, TAKEN_BY_PHONE."""

    cause: str
    proposals: int = 0
    considered: Considered | None = None


@dataclass(frozen=True, slots=True)
class ReferralOffered:
    """`service_id` is None where the service is restricted: then it never leaves this service, nor a match.

    Args:
        chosen_by: PERSON or MATCH.
        override_reason: a code of OVERRIDE where the match had left the chosen service out, else empty.
        service_version: of the row of the directory that was read; None where `service_id` is.
    """

    offer_id: OfferId
    agency_id: AgencyId
    service_id: ServiceId | None
    urgency: Urgency
    respond_by_time: datetime
    offer_number: int
    considered: Considered | None = None
    chosen_by: str = ""
    override_reason: str = ""
    service_version: int | None = None


@dataclass(frozen=True, slots=True)
class ReferralWaitlisted:
    """Without an offer: no place was free at all."""

    offer_id: OfferId | None = None
    agency_id: AgencyId | None = None
    considered: Considered | None = None


@dataclass(frozen=True, slots=True)
class ReferralUnmatched:
    """`reason`: a code of UNMATCHED."""

    reason: str
    considered: Considered | None = None


@dataclass(frozen=True, slots=True)
class ReferralRematched:
    """`cause`: DIRECTORY_CHANGED, PROFILE_CHANGED, PLACE_FREED, SERVICE_SUSPENDED, CONSENT_WITHDRAWN or
    HANDOVER_REFUSED.
    """

    cause: str


@dataclass(frozen=True, slots=True)
class ReferralAccepted:
    """Service, purpose and mask are None where the service is restricted."""

    offer_id: OfferId
    agency_id: AgencyId
    service_id: ServiceId | None
    purpose: str | None
    needed_mask: int | None
    for_assessment: bool


@dataclass(frozen=True, slots=True)
class ReferralReturned:
    """`reason`: a code of RETURN."""

    offer_id: OfferId
    agency_id: AgencyId
    reason: str
    has_text: bool


@dataclass(frozen=True, slots=True)
class ServiceStarted:
    agency_id: AgencyId
    happened_time: datetime


@dataclass(frozen=True, slots=True)
class ReferralCompleted:
    """`confirmed_by`: a code of OUTCOME_CONFIRMED_BY. The outcome itself never travels."""

    agency_id: AgencyId
    happened_time: datetime
    confirmed_by: str


@dataclass(frozen=True, slots=True)
class ReferralNotCompleted:
    """`reason`: a code of NOT_COMPLETED."""

    agency_id: AgencyId
    happened_time: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ReferralWithdrawn:
    agency_id: AgencyId | None = None
    offer_id: OfferId | None = None


@dataclass(frozen=True, slots=True)
class ReferralCancelled:
    """`reason`: a code of CANCEL."""

    reason: str
    agency_id: AgencyId | None = None
    offer_id: OfferId | None = None


@dataclass(frozen=True, slots=True)
class ReferralEnteredInError:
    agency_id: AgencyId | None = None
    offer_id: OfferId | None = None


@dataclass(frozen=True, slots=True)
class OfferDeclined:
    """`reason`: a code of DECLINE."""

    offer_id: OfferId
    agency_id: AgencyId
    reason: str
    has_text: bool


@dataclass(frozen=True, slots=True)
class OfferExpired:
    offer_id: OfferId
    agency_id: AgencyId


@dataclass(frozen=True, slots=True)
class OfferRevoked:
    """`cause`: a code of OFFER_ENDED."""

    offer_id: OfferId
    agency_id: AgencyId
    cause: str


@dataclass(frozen=True, slots=True)
class OfferAcknowledged:
    offer_id: OfferId
    agency_id: AgencyId


@dataclass(frozen=True, slots=True)
class InformationRequested:
    offer_id: OfferId
    agency_id: AgencyId


@dataclass(frozen=True, slots=True)
class InformationProvided:
    offer_id: OfferId
    agency_id: AgencyId
    respond_by_time: datetime


@dataclass(frozen=True, slots=True)
class OfferReminderDue:
    """`stage`: HALF or FOUR_FIFTHS."""

    offer_id: OfferId
    agency_id: AgencyId
    stage: str
    respond_by_time: datetime


@dataclass(frozen=True, slots=True)
class OfferWaitlisted:
    offer_id: OfferId
    agency_id: AgencyId


@dataclass(frozen=True, slots=True)
class OfferUnacknowledged:
    """Nobody has opened an emergency offer: call now."""

    offer_id: OfferId
    agency_id: AgencyId
    respond_by_time: datetime


@dataclass(frozen=True, slots=True)
class WaitingEnded:
    """The person is on the agency's waiting list no more, and the agency was not asked again."""

    offer_id: OfferId
    agency_id: AgencyId


@dataclass(frozen=True, slots=True)
class GapRecorded:
    """`sector` is None for a restricted type."""

    sector: str | None


@dataclass(frozen=True, slots=True)
class PersonClockEnded:
    urgency: Urgency


ReferralFact = (
    ReferralAwaitingPerson
    | ReferralOffered
    | ReferralWaitlisted
    | ReferralUnmatched
    | ReferralRematched
    | ReferralAccepted
    | ReferralReturned
    | ServiceStarted
    | ReferralCompleted
    | ReferralNotCompleted
    | ReferralWithdrawn
    | ReferralCancelled
    | ReferralEnteredInError
    | OfferDeclined
    | OfferExpired
    | OfferRevoked
    | OfferAcknowledged
    | InformationRequested
    | InformationProvided
    | OfferReminderDue
    | OfferWaitlisted
    | OfferUnacknowledged
    | WaitingEnded
    | GapRecorded
    | PersonClockEnded
)


@dataclass(frozen=True, slots=True)
class ReferralEvent:
    """A fact with its place in the history of its aggregate: the referral, an offer, or a gap.

    Args:
        aggregate_version: grows by one with each event of the aggregate.
        causation_id: the request or event that led to it; None for a timer.
    """

    referral_id: ReferralId
    sender_agency_id: AgencyId
    aggregate_id: UUID
    aggregate_version: int
    policy_version: str
    fact: ReferralFact
    causation_id: UUID | None = None
