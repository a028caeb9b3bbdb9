"""Registers a complaint, at whichever desk somebody makes it, or before the console's public pages."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import RuleBroken
from kernel.ids import AgencyId, BeneficiaryId, random_id
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_complaints import PostgresComplaints
from services.intake.adapters.vault import Vault
from services.intake.domain.authority import not_later
from services.intake.domain.complaint import Complaint, ComplaintKind
from services.intake.domain.complaint_events import ComplaintRegistered
from services.intake.domain.response_period import MONTHS_TO_ANSWER, due_time
from services.intake.use_cases.hub_officer import own_agency_or_officer
from services.intake.use_cases.public_letterbox import is_the_public, open_letterbox


@dataclass(frozen=True, slots=True)
class RegisterComplaint:
    """About whom, by whom where they say it, and what they say."""

    request_id: UUID
    kind: ComplaintKind
    accused_agency_id: AgencyId | None
    beneficiary_id: BeneficiaryId | None
    words: str
    received_time: datetime


async def register_complaint(
    command: RegisterComplaint,
    tx: Transaction,
    people: PostgresBeneficiaries,
    complaints: PostgresComplaints,
    vault: Vault,
) -> Complaint:
    """The complaint, due as what is asked by right is. Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND: register it without them.
        RuleBroken: BENEFICIARY_ERASED.
        Invalid: HAPPENED_IN_FUTURE.
    """
    agency_id, person, complaint_id = tx.caller.agency_id, command.beneficiary_id, random_id()
    if is_the_public(tx.caller):
        await open_letterbox(tx, person)
    else:
        await own_agency_or_officer(tx)
    if person is not None:
        await people.lock(tx, person)
    now = await tx.now()
    received_time = not_later(command.received_time, now)
    sealed = await vault.seal_words(tx, person, complaint_id, command.words)
    if sealed is None:
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    complaint = Complaint(
        complaint_id=complaint_id,
        kind=command.kind,
        accused_agency_id=command.accused_agency_id,
        registered_by_agency_id=None if agency_id is None else AgencyId(agency_id),
        beneficiary_id=person,
        sealed_words=sealed,
        received_time=received_time,
        registered_time=now,
        due_time=due_time(received_time, MONTHS_TO_ANSWER),
    )
    await complaints.register(tx, complaint)
    tx.publish(ComplaintRegistered(complaint_id, complaint.due_time, command.request_id))
    return complaint
