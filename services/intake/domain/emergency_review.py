"""Somebody who had no part in an emergency looks afterwards at what was given in it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from kernel.errors import NotPermitted, RuleBroken
from kernel.ids import AgencyId, BeneficiaryId, ReferralId

REVIEW_DUE: Final = timedelta(hours=72)
"""How long a review may take; the same as holders have to acknowledge a withdrawal."""


class EmergencyKind(StrEnum):
    """What is reviewed."""

    HANDOVER = "HANDOVER"
    EMERGENCY_ACCESS = "EMERGENCY_ACCESS"


class ReviewFinding(StrEnum):
    JUSTIFIED = "JUSTIFIED"
    NOT_JUSTIFIED = "NOT_JUSTIFIED"


@dataclass(frozen=True, slots=True)
class EmergencyReview:
    """What waits for its review, or has it; `involved_ids` asked for it, allowed it or told it.

    `given_mask` and `sealed_circumstances` are read from the hand-over or the access.
    """

    subject_id: UUID
    kind: EmergencyKind
    referral_id: ReferralId
    beneficiary_id: BeneficiaryId
    owner_agency_id: AgencyId
    recipient_agency_id: AgencyId
    involved_ids: Collection[UUID]
    opened_time: datetime
    due_time: datetime
    given_mask: int = 0
    sealed_circumstances: bytes | None = None
    finding: ReviewFinding | None = None

    @property
    def last_version(self) -> int:
        """The number of its event: before it a hand-over is told, an access asked for and decided."""
        return 2 if self.kind is EmergencyKind.HANDOVER else 3

    def may_be_reviewed_by(self, principal_id: UUID) -> bool:
        """Whether this person had no part in it: reviewer ≠ requester ≠ authoriser."""
        return principal_id not in self.involved_ids

    def check_reviewer(self, principal_id: UUID) -> None:
        """Lets a review begin.

        Raises:
            RuleBroken: ALREADY_REVIEWED.
            NotPermitted: REVIEWER_INVOLVED.
        """
        if self.finding is not None:
            raise RuleBroken("This was reviewed already; its finding stays.", reason="ALREADY_REVIEWED")
        if not self.may_be_reviewed_by(principal_id):
            raise NotPermitted(
                "You had a part in this yourself; somebody else must review it.", reason="REVIEWER_INVOLVED"
            )
