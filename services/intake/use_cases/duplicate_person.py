"""The same person twice: refused, with just enough of the first record to recognise them."""

from collections.abc import Iterable

from chassis.postgres import Transaction
from kernel.errors import Conflict
from kernel.ids import BeneficiaryId
from services.intake.adapters.identifier_search import FoundPerson, IdentifierSearch
from services.intake.domain.identifiers import Identifier
from services.intake.use_cases.own_agency import own_agency


class DuplicatePerson(Conflict):
    """Somebody is registered with the same phone, document number or AMKA.

    Metadata shows the candidate masked; its id only to the agency that registered it. `candidate_id` is for
    the access record, which the caller's transaction cannot keep, because it is rolled back.
    """

    reason = "DUPLICATE"

    def __init__(self, candidate: FoundPerson, *, is_own: bool) -> None:
        where = "by your agency" if is_own else "by another agency"
        super().__init__(
            f"Somebody with the same phone, document number or AMKA is already registered {where}."
            " If it is the same person, use that record. If the phone belongs to somebody they trust,"
            " enter it as a trusted person's.",
            candidate_masked_name=candidate.masked_name,
            candidate_birth_year=str(candidate.birth_year),
            **({"candidate_beneficiary_id": str(candidate.beneficiary_id)} if is_own else {}),
        )
        self.candidate_id = candidate.beneficiary_id


async def refuse_duplicate(
    tx: Transaction,
    search: IdentifierSearch,
    identifiers: Iterable[Identifier],
    *,
    but: BeneficiaryId | None = None,
) -> None:
    """Returns when nobody else has one of the identifiers, nor can get one before this transaction ends.

    Raises:
        DuplicatePerson: somebody has.
    """
    wanted = list(identifiers)
    await search.lock(tx, wanted)
    candidate = await search.same_as(tx, wanted, but=but)
    if candidate is not None:
        is_own = candidate.registered_by_agency_id == own_agency(tx.caller)
        raise DuplicatePerson(candidate, is_own=is_own)
