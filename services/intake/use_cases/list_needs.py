"""Lists a person's needs with their referrals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_needs import PostgresNeeds
from services.intake.domain.need import Need
from services.intake.use_cases.own_agency import own_agency
from services.intake.use_cases.records_of_person import records_of_person

USUAL_PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class NeedsPage:
    """Needs, the newest first, and where the next page begins; None on the last page."""

    needs: Sequence[Need]
    next_before: tuple[datetime, UUID] | None


async def list_needs(
    beneficiary_id: BeneficiaryId,
    page_size: int,
    before: tuple[datetime, UUID] | None,
    method: str,
    tx: Transaction,
    people: PostgresBeneficiaries,
    needs: PostgresNeeds,
) -> NeedsPage:
    """One page, of the records of the person of which the caller may know.

    What somebody needs tells about them, so the read is recorded before it is answered.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND: no such person, or not registered by the caller's agency.
        RuleBroken: BENEFICIARY_ERASED.
    """
    own_agency(tx.caller)
    size = page_size or USUAL_PAGE_SIZE
    records = await records_of_person(tx, beneficiary_id, people)
    found = await needs.page(tx, records, before, size + 1)
    tx.record_access(AccessRecord("intake", method, [beneficiary_id]))
    shown = found[:size]
    last = shown[-1] if len(found) > size else None
    return NeedsPage(shown, None if last is None else (last.recorded_time, last.need_id))
