"""What agencies were given of a person, as the desk of that person reads it: categories, never values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from kernel.ids import AgencyId, BeneficiaryId, DisclosureId, ReferralId
from services.intake.domain.disclosure import Refusal
from services.intake.domain.handover import HandoverAnswer
from services.intake.domain.recall import RecallCause


@dataclass(frozen=True, slots=True)
class CaseRecall:
    """Something asked back from an agency; `acknowledged_time` is None while it has not answered."""

    recall_id: UUID
    cause: RecallCause
    mask: int
    opened_time: datetime
    due_time: datetime
    acknowledged_time: datetime | None
    destroyed_mask: int
    kept_mask: int


@dataclass(frozen=True, slots=True)
class CaseDisclosure:
    """What one agency was given for one referral in one way, once or the same again and again.

    Args:
        disclosure_id: of the last time.
        kind: a code of the row.
        refusal: why nothing was given, as the agency was told; None where something was.
        answer: what the agency said; by telephone only.
        permitted_until_time: as `domain/disclosure.permitted_until` says, by what stands now; None while
            consent is frozen.
    """

    disclosure_id: DisclosureId
    referral_id: ReferralId
    agency_id: AgencyId
    kind: str
    refusal: Refusal | None
    given_mask: int
    legal_bases: Sequence[str]
    first_time: datetime
    last_time: datetime
    times: int
    answer: HandoverAnswer | None
    permitted_until_time: datetime | None
    recalls: Sequence[CaseRecall]


class CasePlace(NamedTuple):
    """Where a page of lines ended: the last one's time and id, as the list stood at `as_of_time`.

    A line that is read again goes to the top. Pages after the first leave out what was read since, so that
    each line stays where it stood.
    """

    as_of_time: datetime
    last_time: datetime
    disclosure_id: DisclosureId


@dataclass(frozen=True, slots=True)
class CaseChanges:
    """How much has been recorded in somebody's case: another number, and there is something new to read."""

    beneficiary_id: BeneficiaryId
    changes: int
