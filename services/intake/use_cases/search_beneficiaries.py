"""Finds people of the caller's agency by an exact identifier, or by name and one more thing."""

from dataclasses import dataclass
from typing import Final

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel import codes
from kernel.errors import Invalid
from kernel.ids import AgencyId
from services.intake.adapters.identifier_search import FoundPerson
from services.intake.adapters.people_search import PeopleSearch
from services.intake.adapters.postgres_search_tally import PostgresSearchTally
from services.intake.domain.case_code import normalised_case_code
from services.intake.domain.identifiers import (
    Identifier,
    IdentifierField,
    normalised_amka,
    normalised_document_number,
    normalised_phone,
)
from services.intake.domain.name_index import NameQuery
from services.intake.use_cases.own_agency import own_agency
from services.intake.use_cases.ration_search import count_shown, ration_search

MOST_RESULTS: Final = 20
LEAST_LETTERS: Final = 3


@dataclass(frozen=True, slots=True)
class IdentifierText:
    """An identifier as it was typed."""

    field: IdentifierField
    text: str


@dataclass(frozen=True, slots=True)
class SearchBeneficiaries:
    """What to look for, and why: a code of SEARCH_REASONS."""

    wanted: IdentifierText | NameQuery
    reason: str


async def search_beneficiaries(
    command: SearchBeneficiaries,
    method: str,
    tx: Transaction,
    search: PeopleSearch,
    tally: PostgresSearchTally,
) -> list[FoundPerson]:
    """Masked people, at most 20. The search is on record with its reason and finds.

    Nobody and somebody of whom the caller may not know are one answer. Where searches have shown a worker too
    many people within the hour, that is told, too; the worker is not kept from working.

    Raises:
        Invalid: an unknown reason; a text that is no such identifier; too little to search by name.
        SearchedTooOften: with the time after which to try again.
        Unavailable: NAMES_NOT_LOADED.
    """
    agency_id = own_agency(tx.caller)
    if command.reason not in codes.LISTS["SEARCH_REASONS"]:
        raise Invalid(
            f"Say why you search: {', '.join(codes.LISTS['SEARCH_REASONS'])}.",
            reason="SEARCH_REASON_UNKNOWN",
            field="reason",
        )
    left = await ration_search(tx, tally)
    found = await _found(command.wanted, agency_id, tx, search)
    people = [person.beneficiary_id for person in found]
    await count_shown(tx, tally, left, people)
    tx.record_access(AccessRecord("intake", method, people, stated_reason=command.reason))
    return found


async def _found(
    wanted: IdentifierText | NameQuery, agency_id: AgencyId, tx: Transaction, search: PeopleSearch
) -> list[FoundPerson]:
    if isinstance(wanted, IdentifierText):
        return await search.by_identifier(tx, _identifier(wanted), most=MOST_RESULTS)
    if sum(letter.isalpha() for letter in wanted.name) < LEAST_LETTERS:
        raise Invalid(
            f"Give at least {LEAST_LETTERS} letters of the name.", reason="NAME_TOO_SHORT", field="name"
        )
    if not (wanted.birth_year or wanted.nationality):
        raise Invalid(
            "Give one more thing with the name: the year of birth or the nationality.",
            reason="NAME_ALONE",
            field="birth_year",
        )
    return await search.by_name(tx, wanted, agency_id, most=MOST_RESULTS)


def _identifier(typed: IdentifierText) -> Identifier:
    """The identifier to look for; papers that a family shares are found too, so it need not be unique."""
    if typed.field is IdentifierField.CASE_CODE:
        return Identifier(typed.field, normalised_case_code(typed.text), is_unique=False)
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
    }[typed.field]
    value = normalise(typed.text)
    if value is None:
        raise Invalid(is_not, reason="IDENTIFIER_NOT_VALID", field=typed.field.lower())
    return Identifier(typed.field, value, is_unique=False)
