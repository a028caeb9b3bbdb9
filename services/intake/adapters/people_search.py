"""Finds people of the caller's agency for staff, and leaves out whom the caller may not know of."""

from typing import Final

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId
from services.intake.adapters.identifier_search import FoundPerson, IdentifierSearch
from services.intake.adapters.known_names import KnownNames
from services.intake.adapters.permitted_people import permitted_people
from services.intake.domain.identifiers import Identifier
from services.intake.domain.name_index import NameQuery

_AT_ONCE: Final = 200
"""Candidates by name that are looked at together, before the next ones are: rarely are they not enough."""


class PeopleSearch:
    """By exact identifier, or by name. What is found is masked; row-level security shows own people only.

    Of merged records the kept one is shown, by whichever of them it was found.
    """

    def __init__(self, identifiers: IdentifierSearch, names: KnownNames) -> None:
        self._identifiers = identifiers
        self._names = names

    async def by_identifier(self, tx: Transaction, identifier: Identifier, *, most: int) -> list[FoundPerson]:
        """Who has the identifier, the earliest first."""
        found = await self._identifiers.own_people(tx, identifier)
        return (await self._identifiers.shown(tx, await permitted_people(tx, found)))[:most]

    async def by_name(
        self, tx: Transaction, query: NameQuery, agency_id: AgencyId, *, most: int
    ) -> list[FoundPerson]:
        """Whose name is like that, the likest first.

        Raises:
            Unavailable: NAMES_NOT_LOADED.
        """
        likest = [BeneficiaryId(person) for person, _ in await self._names.find(query, agency_id)]
        permitted = await permitted_people(tx, likest[:_AT_ONCE])
        for first in range(_AT_ONCE, len(likest), _AT_ONCE):
            if len(permitted) >= most:
                break
            permitted += await permitted_people(tx, likest[first : first + _AT_ONCE])
        permitted = list(dict.fromkeys(permitted))
        found = {
            person.beneficiary_id: person for person in await self._identifiers.shown(tx, permitted[:most])
        }
        return [found[person] for person in permitted[:most] if person in found]
