"""Puts on record that a person was at the desk, and what was explained to them."""

from dataclasses import dataclass
from datetime import datetime

from chassis.postgres import Transaction
from kernel.errors import RuleBroken
from kernel.ids import BeneficiaryId, random_id
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_visits import PostgresVisits
from services.intake.domain.authority import not_later
from services.intake.domain.visit import RecordedVisit, Visit, check_visit
from services.intake.use_cases.own_agency import own_agency


@dataclass(frozen=True, slots=True)
class RecordVisit:
    """Whose visit; `happened_time` is None where it is entered at once."""

    beneficiary_id: BeneficiaryId
    visit: Visit
    happened_time: datetime | None = None


async def record_visit(
    command: RecordVisit, tx: Transaction, people: PostgresBeneficiaries, visits: PostgresVisits
) -> RecordedVisit:
    """The visit on record. Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND.
        RuleBroken: BENEFICIARY_ERASED.
        Invalid: UNKNOWN_CODE, HAPPENED_IN_FUTURE.
    """
    agency_id = own_agency(tx.caller)
    check_visit(command.visit)
    await people.lock(tx, command.beneficiary_id)
    now = await tx.now()
    happened_time = not_later(command.happened_time or now, now)
    recorded = RecordedVisit(random_id(), command.beneficiary_id, happened_time, now)
    if not await visits.add(tx, recorded, command.visit, agency_id):
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    return recorded
