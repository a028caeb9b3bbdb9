"""A try to reach a person, and whether it was by a way that harms nobody."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from kernel.ids import AgencyId, BeneficiaryId, ReferralId
from services.intake.domain.athens_day import ATHENS
from services.intake.domain.beneficiary import Contact, ContactKind


class ContactResult(StrEnum):
    """What came of it."""

    REACHED = "REACHED"
    NOT_REACHED = "NOT_REACHED"


@dataclass(frozen=True, slots=True)
class ContactAttempt:
    """One try. `owner_agency_id` registered the person; `by_holder`: the agency tried as the holder."""

    contact_attempt_id: UUID
    beneficiary_id: BeneficiaryId
    referral_id: ReferralId | None
    owner_agency_id: AgencyId
    agency_id: AgencyId
    by_holder: bool
    channel: ContactKind
    by_safe_channel: bool
    result: ContactResult
    happened_time: datetime
    recorded_time: datetime


def is_safe(contacts: Iterable[Contact], channel: ContactKind, happened_time: datetime) -> bool:
    """Whether the person has said that they may be reached by this channel at that hour, in Athens."""
    hour = happened_time.astimezone(ATHENS).hour
    return any(one.kind is channel and one.from_hour <= hour < one.until_hour for one in contacts)
