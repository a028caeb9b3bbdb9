"""Lists a person's visits with what was explained at each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_visits import PostgresVisits
from services.intake.domain.visit import RecordedVisit
from services.intake.use_cases.own_agency import own_agency
from services.intake.use_cases.page_with_words import USUAL_PAGE_SIZE
from services.intake.use_cases.records_of_person import records_of_person


@dataclass(frozen=True, slots=True)
class VisitsPage:
    """Visits, the newest first, and where the next page begins; None on the last page."""

    visits: Sequence[RecordedVisit]
    next_before: tuple[datetime, UUID] | None


async def list_visits(
    beneficiary_id: BeneficiaryId,
    page_size: int,
    before: tuple[datetime, UUID] | None,
    method: str,
    tx: Transaction,
    people: PostgresBeneficiaries,
    visits: PostgresVisits,
) -> VisitsPage:
    """One page, of the records of the person of which the caller may know; the read is on record.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND.
        RuleBroken: BENEFICIARY_ERASED.
    """
    own_agency(tx.caller)
    records = await records_of_person(tx, beneficiary_id, people)
    size = page_size or USUAL_PAGE_SIZE
    found = await visits.page(tx, records, before, size + 1)
    tx.record_access(AccessRecord("intake", method, [beneficiary_id]))
    last = found[size - 1] if len(found) > size else None
    return VisitsPage(found[:size], None if last is None else (last.happened_time, last.visit_id))
