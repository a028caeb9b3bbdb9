"""On which records what the desk wrote about a person stands."""

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from services.intake.adapters.permitted_people import records_shown
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries


async def records_of_person(
    tx: Transaction, beneficiary_id: BeneficiaryId, people: PostgresBeneficiaries
) -> list[BeneficiaryId]:
    """The record that was asked for first, then those of the others of which the caller may know.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND: no such person, or not registered by the caller's agency.
        RuleBroken: BENEFICIARY_ERASED.
    """
    await people.read(tx, beneficiary_id)
    others = [one.beneficiary_id for one in await people.others(tx, beneficiary_id)]
    return [beneficiary_id, *(await records_shown(tx, others) if others else [])]
