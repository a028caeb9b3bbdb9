"""What was said about consent that neither gives nor takes it: asked for, put off, refused."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId, ordered_id
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_consents import PostgresConsents
from services.intake.domain.consent import ConsentAnswer, ConsentSaid
from services.intake.domain.consent_rules import check_happened
from services.intake.domain.events import ConsentStateRecorded
from services.intake.use_cases.own_agency import own_agency


@dataclass(frozen=True, slots=True)
class RecordConsentState:
    """About one agency, or about all where `agency_id` is None."""

    request_id: UUID
    beneficiary_id: BeneficiaryId
    answer: ConsentAnswer
    agency_id: AgencyId | None = None
    happened_time: datetime | None = None


async def record_consent_state(
    command: RecordConsentState, tx: Transaction, people: PostgresBeneficiaries, consents: PostgresConsents
) -> datetime:
    """When it was recorded. It opens and closes nothing: consent that was given before stays.

    Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND: no such person, or not registered by the caller's agency.
        RuleBroken: BENEFICIARY_ERASED.
        Invalid: HAPPENED_IN_FUTURE.
    """
    by_agency_id = own_agency(tx.caller)
    await people.lock(tx, command.beneficiary_id)
    now = await tx.now()
    check_happened(command.happened_time, now)
    said = ConsentSaid(
        consent_event_id=ordered_id(),
        sequence=await consents.next_sequence(tx, command.beneficiary_id),
        beneficiary_id=command.beneficiary_id,
        answer=command.answer,
        agency_id=command.agency_id,
        recorded_time=now,
    )
    await consents.add_answer(tx, said, by_agency_id, command.happened_time or now)
    tx.publish(
        ConsentStateRecorded(
            command.beneficiary_id,
            said.sequence,
            command.answer,
            agency_id=command.agency_id,
            request_id=command.request_id,
        )
    )
    return now
