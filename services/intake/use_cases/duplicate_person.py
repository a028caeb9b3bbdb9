"""The same person twice: refused, with just enough of the first record to recognise them."""

from collections.abc import Collection, Iterable

from chassis.postgres import Transaction
from kernel.errors import Conflict
from kernel.ids import BeneficiaryId
from services.intake.adapters.identifier_search import FoundPerson, IdentifierSearch
from services.intake.adapters.permitted_people import permitted_people
from services.intake.domain.identifiers import Identifier
from services.intake.use_cases.own_agency import own_agency


class DuplicatePerson(Conflict):
    """Somebody is registered with the same phone, document number or AMKA.

    Metadata shows the candidate masked, with its id, where the caller may know of them. Somebody of another
    agency and somebody of the own one whom the caller's role must not find are told alike, without a name or
    a fact. `candidate_id` is for the access record, which the caller's transaction cannot keep, because it
    is rolled back.
    """

    reason = "DUPLICATE"

    def __init__(self, candidate: FoundPerson, *, is_shown: bool) -> None:
        if is_shown:
            super().__init__(
                "Somebody with the same phone, document number or AMKA is already registered by your agency."
                " If it is the same person, use that record. If the phone belongs to somebody they trust,"
                " enter it as a trusted person's.",
                candidate_masked_name=candidate.masked_name,
                candidate_birth_year=str(candidate.birth_year),
                candidate_beneficiary_id=str(candidate.beneficiary_id),
            )
        else:
            super().__init__(
                "Somebody with the same phone, document number or AMKA is already registered, and you may not"
                " see that record. If it is the same person, ask them who registered them: that agency refers"
                " them to yours, and you see what they agree to. If it was your own agency, ask a"
                " child-protection officer or a GBV focal point to look. If the phone belongs to somebody"
                " they trust, enter it as a trusted person's.",
            )
        self.candidate_id = candidate.beneficiary_id


async def refuse_duplicate(
    tx: Transaction,
    search: IdentifierSearch,
    identifiers: Iterable[Identifier],
    *,
    but: Collection[BeneficiaryId] = (),
) -> None:
    """Returns when nobody else has one of the identifiers, nor can get one before this transaction ends.

    Args:
        but: the records of the person in question.

    Raises:
        DuplicatePerson: somebody has.
    """
    wanted, agency_id = list(identifiers), own_agency(tx.caller)
    await search.lock(tx, wanted)
    candidates = await search.same_as(tx, wanted, but=but)
    if not candidates:
        return
    own = [one.beneficiary_id for one in candidates if one.registered_by_agency_id == agency_id]
    for shown in await search.shown(tx, await permitted_people(tx, own)):
        raise DuplicatePerson(shown, is_shown=True)
    raise DuplicatePerson(candidates[0], is_shown=False)
