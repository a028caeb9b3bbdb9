"""Finds people of the caller's agency by an exact identifier."""

from dataclasses import dataclass
from typing import Final

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel import codes
from kernel.errors import Invalid
from services.intake.adapters.identifier_search import FoundPerson, IdentifierSearch
from services.intake.domain.case_code import normalised_case_code
from services.intake.domain.identifiers import (
    Identifier,
    IdentifierField,
    normalised_amka,
    normalised_document_number,
    normalised_phone,
)
from services.intake.use_cases.own_agency import own_agency

MOST_RESULTS: Final = 20


@dataclass(frozen=True, slots=True)
class SearchBeneficiaries:
    """What to look for, as it was typed, and why: a code of SEARCH_REASONS."""

    field: IdentifierField
    text: str
    reason: str


async def search_beneficiaries(
    command: SearchBeneficiaries, method: str, tx: Transaction, search: IdentifierSearch
) -> list[FoundPerson]:
    """Masked people, at most 20, the earliest first. The search is on record with its reason and finds.

    Raises:
        Invalid: an unknown reason, or a text that is no such identifier.
    """
    own_agency(tx.caller)
    if command.reason not in codes.LISTS["SEARCH_REASONS"]:
        raise Invalid(
            f"Say why you search: {', '.join(codes.LISTS['SEARCH_REASONS'])}.",
            reason="SEARCH_REASON_UNKNOWN",
            field="reason",
        )
    found = await search.own_people(tx, _identifier(command), most=MOST_RESULTS)
    tx.record_access(
        AccessRecord(
            "intake", method, [person.beneficiary_id for person in found], stated_reason=command.reason
        )
    )
    return found


def _identifier(command: SearchBeneficiaries) -> Identifier:
    """The identifier to look for; papers that a family shares are found too, so it need not be unique."""
    if command.field is IdentifierField.CASE_CODE:
        return Identifier(command.field, normalised_case_code(command.text), is_unique=False)
    normalise, is_not = {
        IdentifierField.PHONE: (
            normalised_phone,
            "This is not a telephone number; outside Greece begin with + and the country's number.",
        ),
        IdentifierField.DOCUMENT: (
            normalised_document_number,
            "A document's number has at least three letters or digits.",
        ),
        IdentifierField.AMKA: (
            normalised_amka,
            "An AMKA has eleven digits and the last one checks the others; please compare it.",
        ),
    }[command.field]
    value = normalise(command.text)
    if value is None:
        raise Invalid(is_not, reason="IDENTIFIER_NOT_VALID", field=command.field.lower())
    return Identifier(command.field, value, is_unique=False)
