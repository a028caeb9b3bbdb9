"""Complaints: what somebody says was done to them, by whom, and what was found of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from kernel.errors import Invalid, RuleBroken
from kernel.ids import AgencyId, BeneficiaryId
from services.intake.domain.authority import not_later


class ComplaintKind(StrEnum):
    """What a complaint is about."""

    DATA = "DATA"
    HELP = "HELP"
    TREATMENT = "TREATMENT"
    ABUSE = "ABUSE"
    OTHER_COMPLAINT = "OTHER_COMPLAINT"


class ComplaintFinding(StrEnum):
    """What was found of it."""

    UPHELD = "UPHELD"
    PARTLY_UPHELD = "PARTLY_UPHELD"
    NOT_UPHELD = "NOT_UPHELD"
    NOT_ESTABLISHED = "NOT_ESTABLISHED"


@dataclass(frozen=True, slots=True)
class ComplaintAnswer:
    """What was found, and when who complained was told; without words where they were erased since."""

    finding: ComplaintFinding
    person_told_time: datetime | None
    answered_time: datetime
    sealed_words: bytes | None = None


@dataclass(frozen=True, slots=True)
class Complaint:
    """One complaint. `beneficiary_id` is None where who complains does not say who they are."""

    complaint_id: UUID
    kind: ComplaintKind
    accused_agency_id: AgencyId | None
    registered_by_agency_id: AgencyId | None
    beneficiary_id: BeneficiaryId | None
    sealed_words: bytes
    received_time: datetime
    registered_time: datetime
    due_time: datetime
    answer: ComplaintAnswer | None = None

    def is_overdue(self, now: datetime) -> bool:
        """Whether somebody still waits, and should not any more."""
        return self.answer is None and now >= self.due_time

    def check_answer(self, person_told_time: datetime | None, now: datetime) -> datetime | None:
        """When who complained was told; a clock that is a little ahead is taken for now.

        Raises:
            RuleBroken: ALREADY_ANSWERED.
            Invalid: PERSON_NOT_TOLD, HAPPENED_IN_FUTURE, TOLD_BEFORE_ASKED.
        """
        if self.answer is not None:
            raise RuleBroken(
                "This complaint was answered already; its answer stays.", reason="ALREADY_ANSWERED"
            )
        if person_told_time is None:
            if self.beneficiary_id is not None:
                raise Invalid("Tell the person who complained first, and say when.", reason="PERSON_NOT_TOLD")
            return None
        if person_told_time < self.received_time:
            raise Invalid("Nobody can have been told before they complained.", reason="TOLD_BEFORE_ASKED")
        return not_later(person_told_time, now)
