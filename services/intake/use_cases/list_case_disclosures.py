"""Lists what agencies were given of a person, for the desk that follows the case."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId, ReferralId
from kernel.restricted import types_hidden_from
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_case_disclosures import disclosures_of_case
from services.intake.domain.case_disclosure import CaseDisclosure, CasePlace
from services.intake.use_cases.own_agency import own_agency
from services.intake.use_cases.page_with_words import USUAL_PAGE_SIZE
from services.intake.use_cases.records_of_person import records_of_person

MOST_ASKED_BACK: Final = 200


@dataclass(frozen=True, slots=True)
class CaseDisclosuresPage:
    """Lines, what was read last first, and where the next page begins; None on the last page.

    Args:
        also_asked_back: with the first page, of those behind it what is asked back and not answered: it
            presses, however old it is. `MOST_ASKED_BACK` at most.
    """

    disclosures: Sequence[CaseDisclosure]
    next_before: CasePlace | None
    also_asked_back: Sequence[CaseDisclosure]


async def list_case_disclosures(
    beneficiary_id: BeneficiaryId,
    referral_id: ReferralId | None,
    page_size: int,
    before: CasePlace | None,
    method: str,
    tx: Transaction,
    people: PostgresBeneficiaries,
) -> CaseDisclosuresPage:
    """One page, of the records of the person of which the caller may know; the read is recorded.

    Who was given something for a restricted service tells of the service: only those are shown it who may
    see that.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND: no such person, or not registered by the caller's agency.
        RuleBroken: BENEFICIARY_ERASED.
    """
    own_agency(tx.caller)
    records = await records_of_person(tx, beneficiary_id, people)
    hidden = types_hidden_from(tx.caller.roles)
    size = page_size or USUAL_PAGE_SIZE
    found, next_before = await disclosures_of_case(tx, records, referral_id, hidden, before, size)
    also: list[CaseDisclosure] = []
    if before is None and next_before is not None:
        also, _ = await disclosures_of_case(
            tx, records, referral_id, hidden, next_before, MOST_ASKED_BACK, asked_back_only=True
        )
    tx.record_access(AccessRecord("intake", method, [beneficiary_id]))
    return CaseDisclosuresPage(found, next_before, also)
