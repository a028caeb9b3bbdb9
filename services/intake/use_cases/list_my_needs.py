"""Lists what the caller has recorded and what of it has not ended, or only lately."""

from datetime import timedelta
from typing import Final

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.restricted import RESTRICTED_TYPES, may_see_restricted
from services.intake.adapters.postgres_needs import PostgresNeeds
from services.intake.domain.need import Need
from services.intake.use_cases.own_agency import own_agency

MOST: Final = 200
_LATELY: Final = timedelta(days=3)
"""For so long what has ended is still of interest to whoever recorded it."""


async def list_my_needs(method: str, tx: Transaction, needs: PostgresNeeds) -> list[Need]:
    """The newest first, 200 at most.

    One record of access stands for the call and names the people whose needs it showed.

    Raises:
        NotPermitted: NO_AGENCY.
    """
    own_agency(tx.caller)
    hidden = () if may_see_restricted(tx.caller.roles) else RESTRICTED_TYPES
    found = await needs.recorded_by_caller(tx, hidden, await tx.now() - _LATELY, MOST)
    tx.record_access(AccessRecord("intake", method, list(dict.fromkeys(one.beneficiary_id for one in found))))
    return found
