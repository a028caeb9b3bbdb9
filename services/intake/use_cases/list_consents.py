"""Lists a person's consents with what has become of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from services.intake.adapters.given_consents import given_answers, given_consents
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_consent_freezes import PostgresConsentFreezes
from services.intake.domain.given_consent import GivenAnswer, GivenConsent
from services.intake.use_cases.own_agency import own_agency
from services.intake.use_cases.page_with_words import Place
from services.intake.use_cases.records_of_person import records_of_person

USUAL_PAGE_SIZE: Final = 20
MOST_ANSWERS: Final = 50
"""Of what gave nothing, as many as are shown."""


@dataclass(frozen=True, slots=True)
class ConsentsPage:
    """Consents, the newest first, and where the next page begins; None on the last page.

    `now` is database time; `is_frozen`: nothing is given on the person's consent for now; `answers`: what was
    said that gave nothing, on the first page.
    """

    consents: Sequence[GivenConsent]
    next_before: Place | None
    now: datetime
    is_frozen: bool
    answers: Sequence[GivenAnswer]


async def list_consents(
    beneficiary_id: BeneficiaryId,
    page_size: int,
    before: Place | None,
    method: str,
    tx: Transaction,
    people: PostgresBeneficiaries,
    freezes: PostgresConsentFreezes,
) -> ConsentsPage:
    """One page, of the records of the person of which the caller may know.

    To whom somebody lets what be told says what they need, so the read is recorded before it is answered. A
    freeze counts on whichever record it was put.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND: no such person, or not registered by the caller's agency.
        RuleBroken: BENEFICIARY_ERASED.
    """
    own_agency(tx.caller)
    size = page_size or USUAL_PAGE_SIZE
    records = await records_of_person(tx, beneficiary_id, people)
    found = await given_consents(tx, records, before, size + 1)
    is_frozen = await freezes.holds(tx, beneficiary_id) is not None
    answers = await given_answers(tx, records, MOST_ANSWERS) if before is None else []
    tx.record_access(AccessRecord("intake", method, [beneficiary_id]))
    shown = found[:size]
    last = (shown[-1].recorded_time, shown[-1].consent_id) if len(found) > size else None
    return ConsentsPage(shown, last, await tx.now(), is_frozen, answers)
