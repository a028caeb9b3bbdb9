"""Says who follows a person's case."""

from dataclasses import dataclass
from datetime import datetime

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId, PrincipalId
from services.intake.adapters.permitted_people import records_shown
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_case_workers import add_workers, end_workers, workers_of
from services.intake.domain.case_workers import CaseWorkers, check_may_set
from services.intake.use_cases.own_agency import own_agency


@dataclass(frozen=True, slots=True)
class SetCaseWorkers:
    """Whose case, and who follows it from now on."""

    beneficiary_id: BeneficiaryId
    workers: CaseWorkers


async def set_case_workers(
    command: SetCaseWorkers, tx: Transaction, people: PostgresBeneficiaries
) -> datetime:
    """Since when they follow it: from now on, or since before where they did so already. Repeat-safe only
    inside `chassis.requests.once`.

    It counts for all records that are seen as the person's, but not for one of which the caller may not know:
    whoever follows that one goes on. Which principals an agency has is not known here; somebody of another
    one is shown nothing of the person by this. Nobody else learns of it: no fact is told.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND: no such person, or not registered by the caller's agency.
        NotPermitted: CASEWORKER_NEEDED.
        RuleBroken: BENEFICIARY_ERASED.
    """
    agency_id, caller = own_agency(tx.caller), tx.caller
    asked, *others = [row.beneficiary_id for row in await people.lock_as_one(tx, command.beneficiary_id)]
    records = [asked, *(await records_shown(tx, others) if others else [])]
    followed = await workers_of(tx, records)
    check_may_set(PrincipalId(caller.principal_id), caller.roles, followed.values())
    changed = [
        record for record in records if record not in followed or followed[record].workers != command.workers
    ]
    now = await tx.now()
    if changed:
        await end_workers(tx, changed, now)
        await add_workers(tx, changed, agency_id, command.workers, now)
    return now if asked in changed else followed[asked].set_time
