"""Finds people of the caller's agency for staff, and leaves out whom the caller may not know of."""

from collections.abc import Sequence
from typing import Final

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId
from services.intake.adapters.identifier_search import FoundPerson, IdentifierSearch
from services.intake.adapters.known_names import KnownNames
from services.intake.domain.identifiers import Identifier
from services.intake.domain.name_index import NameQuery
from services.intake.domain.restricted import RESTRICTED_TYPES, may_see_restricted

_AT_ONCE: Final = 200
"""Candidates by name that are looked at together, before the next ones are: rarely are they not enough."""

_RESTRICTED: Final = """
    select distinct beneficiary_id from need where beneficiary_id = any($1) and service_type = any($2)
"""


class PeopleSearch:
    """By exact identifier, or by name. What is found is masked; row-level security shows own people only."""

    def __init__(self, identifiers: IdentifierSearch, names: KnownNames) -> None:
        self._identifiers = identifiers
        self._names = names

    async def by_identifier(self, tx: Transaction, identifier: Identifier, *, most: int) -> list[FoundPerson]:
        """Who has the identifier, the earliest first."""
        found = await self._identifiers.own_people(tx, identifier)
        return (await self._identifiers.shown(tx, await self._permitted(tx, found)))[:most]

    async def by_name(
        self, tx: Transaction, query: NameQuery, agency_id: AgencyId, *, most: int
    ) -> list[FoundPerson]:
        """Whose name is like that, the likest first.

        Raises:
            Unavailable: NAMES_NOT_LOADED.
        """
        likest = [BeneficiaryId(person) for person, _ in await self._names.find(query, agency_id)]
        permitted = await self._permitted(tx, likest[:_AT_ONCE])
        for first in range(_AT_ONCE, len(likest), _AT_ONCE):
            if len(permitted) >= most:
                break
            permitted += await self._permitted(tx, likest[first : first + _AT_ONCE])
        found = {
            person.beneficiary_id: person for person in await self._identifiers.shown(tx, permitted[:most])
        }
        return [found[person] for person in permitted[:most] if person in found]

    async def _permitted(self, tx: Transaction, people: Sequence[BeneficiaryId]) -> list[BeneficiaryId]:
        """Those of whom the caller may know, in their order; asked for nobody, too: it takes as long."""
        if may_see_restricted(tx.caller.roles):
            return list(people)
        rows = await tx.connection.fetch(_RESTRICTED, people, list(RESTRICTED_TYPES))
        restricted = {row["beneficiary_id"] for row in rows}
        return [person for person in people if person not in restricted]
