"""An officer of the hub says what they found of a complaint."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import NotFound
from services.intake.adapters.postgres_complaints import PostgresComplaints
from services.intake.adapters.vault import Vault
from services.intake.domain.complaint import ComplaintAnswer, ComplaintFinding
from services.intake.domain.complaint_events import ComplaintAnswered
from services.intake.use_cases.hub_officer import own_agency_or_officer


@dataclass(frozen=True, slots=True)
class AnswerComplaint:
    """What was found, and when who complained was told."""

    request_id: UUID
    complaint_id: UUID
    finding: ComplaintFinding
    words: str
    person_told_time: datetime | None


async def answer_complaint(
    command: AnswerComplaint, tx: Transaction, complaints: PostgresComplaints, vault: Vault
) -> datetime:
    """When it was answered. It is answered once. Repeat-safe only inside `chassis.requests.once`.

    Whoever acts for an agency gets one answer whatever there is: nobody looks into themselves.

    Raises:
        NotFound: COMPLAINT_NOT_FOUND: no such complaint, or the caller acts for an agency.
        RuleBroken, Invalid: as `Complaint.check_answer` says.
    """
    if tx.caller.agency_id is not None:
        raise _not_found()
    await own_agency_or_officer(tx)
    complaint = await complaints.lock(tx, command.complaint_id)
    if complaint is None:
        raise _not_found()
    now = await tx.now()
    told_time = complaint.check_answer(command.person_told_time, now)
    sealed = await vault.seal_words(tx, complaint.beneficiary_id, complaint.complaint_id, command.words)
    answer = ComplaintAnswer(command.finding, told_time, now, sealed)
    await complaints.answer(tx, complaint.complaint_id, answer)
    tx.publish(ComplaintAnswered(complaint.complaint_id, command.request_id))
    return now


def _not_found() -> NotFound:
    return NotFound("There is no such complaint that you may see.", reason="COMPLAINT_NOT_FOUND")
