"""Shows a person to the agency that registered them."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.errors import RuleBroken
from kernel.ids import AgencyId, BeneficiaryId
from kernel.vocabulary import Origin
from services.intake.adapters.permitted_people import records_shown
from services.intake.adapters.postgres_beneficiaries import OtherRecord, PostgresBeneficiaries
from services.intake.adapters.postgres_case_workers import workers_of
from services.intake.domain.beneficiary import Beneficiary
from services.intake.domain.case_workers import CaseWorkers
from services.intake.use_cases.own_agency import own_agency


@dataclass(frozen=True, slots=True)
class ShownBeneficiary:
    """A person with what the vault knows around them."""

    beneficiary: Beneficiary
    case_code: str
    version: int
    registered_by_agency_id: AgencyId
    origin: Origin
    others: Sequence[OtherRecord]
    """The other records that are seen as this person's, as far as the caller may know of them."""
    workers: CaseWorkers | None
    """Who follows the case of this record; None where nobody was named."""


async def get_beneficiary(
    beneficiary_id: BeneficiaryId, method: str, tx: Transaction, people: PostgresBeneficiaries
) -> ShownBeneficiary:
    """The person's data. The read is on record when this transaction commits, and only then may it be told.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND: no such person, or not registered by the caller's agency.
        RuleBroken: BENEFICIARY_ERASED.
    """
    own_agency(tx.caller)
    row = await people.read(tx, beneficiary_id)
    known = await people.fields(tx, beneficiary_id)
    if known is None:
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    tx.record_access(AccessRecord("intake", method, [beneficiary_id]))
    code = known.pop("case_code")
    others = await people.others(tx, beneficiary_id)
    shown = await records_shown(tx, [one.beneficiary_id for one in others]) if others else []
    followed = (await workers_of(tx, [beneficiary_id])).get(beneficiary_id)
    return ShownBeneficiary(
        Beneficiary(**known),
        code,
        row.version,
        row.registered_by_agency_id,
        row.origin,
        [one for one in others if one.beneficiary_id in shown],
        followed.workers if followed else None,
    )
