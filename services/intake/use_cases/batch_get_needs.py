"""Shows the needs behind referrals, many at once: whose they are, for a list on a page."""

from collections.abc import Sequence

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.ids import ReferralId
from kernel.restricted import RESTRICTED_TYPES, may_see_restricted
from services.intake.adapters.postgres_needs import PostgresNeeds
from services.intake.domain.need import Need
from services.intake.use_cases.own_agency import own_agency


async def batch_get_needs(
    asked: Sequence[ReferralId], method: str, tx: Transaction, needs: PostgresNeeds
) -> list[Need]:
    """Those that the caller may see. Nobody's and another agency's are left out alike.

    One record of access stands for the call and names the people whose needs it showed.

    Raises:
        NotPermitted: NO_AGENCY.
    """
    own_agency(tx.caller)
    hidden = () if may_see_restricted(tx.caller.roles) else RESTRICTED_TYPES
    found = await needs.of_referrals(tx, asked, hidden)
    people = list(dict.fromkeys(one.beneficiary_id for one in found))
    tx.record_access(AccessRecord("intake", method, people))
    return found
