"""Counts what has been recorded in cases: for pages that stand open, whether there is something new."""

from collections.abc import Sequence

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from kernel.restricted import types_hidden_from
from services.intake.adapters.postgres_case_disclosures import changes_of_cases
from services.intake.domain.case_disclosure import CaseChanges
from services.intake.use_cases.own_agency import own_agency


async def count_case_changes(people: Sequence[BeneficiaryId], tx: Transaction) -> Sequence[CaseChanges]:
    """Of each of these whom the caller's agency registered: a number, and so no access to anybody's data.

    What the caller may not see, and is not listed, does not move it.

    Raises:
        NotPermitted: NO_AGENCY.
    """
    own_agency(tx.caller)
    return await changes_of_cases(tx, people, types_hidden_from(tx.caller.roles))
