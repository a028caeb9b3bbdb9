"""Shows what a list on a page says of people, many at once."""

from collections.abc import Sequence

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from services.intake.adapters.listed_people import ListedPeople, ListedPerson
from services.intake.use_cases.own_agency import own_agency


async def batch_get_beneficiaries(
    asked: Sequence[BeneficiaryId], method: str, tx: Transaction, people: ListedPeople
) -> list[ListedPerson]:
    """Those of them whom the caller may see, in the order asked. Nobody, somebody erased and somebody else's
    person are left out alike.

    One record of access stands for the call and names whom it showed; that nobody was found is on record too.

    Raises:
        NotPermitted: NO_AGENCY.
    """
    own_agency(tx.caller)
    listed = await people.read(tx, asked)
    tx.record_access(AccessRecord("intake", method, [one.beneficiary_id for one in listed]))
    return listed
