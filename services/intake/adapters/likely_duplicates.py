"""Finds pairs of people who may be one person: by their names, in memory, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId
from kernel.restricted import RESTRICTED_TYPES, may_see_restricted
from services.intake.adapters.identifier_search import FoundPerson, IdentifierSearch
from services.intake.adapters.known_names import KnownNames
from services.intake.adapters.permitted_people import seen_as
from services.intake.adapters.record_format import categories_of_fields
from services.intake.adapters.vault import Vault
from services.intake.domain.beneficiary import Names
from services.intake.domain.name_index import NameQuery

LEAST_LIKENESS: Final = 0.8
"""How much of one record's name must be in the other's: more than a search by name asks for."""
MOST_OF_ONE: Final = 5
"""Pairs of one person: with a common name there are many, and the likest ones say enough."""

MOST_COMPARED: Final = 20
"""Names of one person that are looked at again, before those are left out of whom the caller may not know."""

_PAIR: Final = 2
_USED: Final = categories_of_fields(("names", "birth", "nationality"))
# A record that was merged is the kept one's. Who is restricted, by any record, is left out for whoever may
# not know of them. Where the page ends stands in its token, by a digest: ids are random, so that
# nobody finds by it the id of whom they were not shown.
_PLACE: Final = "substr(encode(sha256(uuid_send(beneficiary_id)), 'hex'), 1, 32)::uuid"
_PAGE: Final = f"""
    select beneficiary_id, registered_time, {_PLACE} as place from beneficiary
    where registered_by_agency_id = $1 and erased_time is null
      and ($2::timestamptz is null or (registered_time, {_PLACE}) < ($2, $3))
      and not exists (select from beneficiary_merge
                      where merged_beneficiary_id = beneficiary_id and unmerged_time is null)
      and ($5 or not exists (
          select from need where service_type = any($6)
            and (need.beneficiary_id = beneficiary.beneficiary_id
                 or need.beneficiary_id in (select other_id from same_person as same
                                            where same.beneficiary_id = beneficiary.beneficiary_id
                                              and same.unmerged_time is null))))
    order by registered_time desc, place desc limit $4
"""  # noqa: S608  constant
_TIMES: Final = "select beneficiary_id, registered_time from beneficiary where beneficiary_id = any($1)"
_RECORDS: Final = "select * from vault_record where beneficiary_id = any($1) and category = any($2)"


@dataclass(frozen=True, slots=True)
class LikelyDuplicate:
    """Two records, each masked; `likeness` of their names is 0 to 1."""

    later: FoundPerson
    earlier: FoundPerson
    likeness: float


class LikelyDuplicates:
    """Each person of a page is compared with everybody whom the agency registered before."""

    def __init__(self, vault: Vault, identifiers: IdentifierSearch, names: KnownNames) -> None:
        self._vault = vault
        self._identifiers = identifiers
        self._names = names

    async def page(
        self, tx: Transaction, agency_id: AgencyId, before: tuple[datetime, UUID] | None, size: int
    ) -> tuple[list[LikelyDuplicate], tuple[datetime, UUID] | None]:
        """The pairs of which the caller may know, and where the next page begins; None on the last page.

        Raises:
            Unavailable: NAMES_NOT_LOADED.
        """
        registered_time, place = before or (None, None)
        sees_all = may_see_restricted(tx.caller.roles)
        rows = await tx.connection.fetch(
            _PAGE, agency_id, registered_time, place, size + 1, sees_all, list(RESTRICTED_TYPES)
        )
        looked_at = [BeneficiaryId(row["beneficiary_id"]) for row in rows[:size]]
        next_before = None
        if len(rows) > size:
            next_before = (rows[size - 1]["registered_time"], rows[size - 1]["place"])
        return await self._pairs(tx, agency_id, looked_at), next_before

    async def _pairs(
        self, tx: Transaction, agency_id: AgencyId, looked_at: Sequence[BeneficiaryId]
    ) -> list[LikelyDuplicate]:
        likest = await self._likest(tx, agency_id, looked_at)
        people = list(dict.fromkeys([*likest, *(other for own in likest.values() for other, _ in own)]))
        times = dict(await tx.connection.fetch(_TIMES, people))
        seen = await seen_as(tx, people)
        kept = list(dict.fromkeys(seen.values()))
        shown = {one.beneficiary_id: one for one in await self._identifiers.shown(tx, kept)}
        pairs: dict[frozenset[BeneficiaryId], LikelyDuplicate] = {}
        for person, others in likest.items():
            of_one = 0
            for other, likeness in others:
                two = frozenset(seen[one] for one in (person, other) if seen.get(one) in shown)
                # a pair comes up with its later record only
                is_earlier = (times[other], other) < (times[person], person)
                if is_earlier and len(two) == _PAIR and two not in pairs and of_one < MOST_OF_ONE:
                    earlier, later = sorted((shown[one] for one in two), key=_by_registration)
                    pairs[two] = LikelyDuplicate(later, earlier, likeness)
                    of_one += 1
        return list(pairs.values())

    async def _likest(
        self, tx: Transaction, agency_id: AgencyId, looked_at: Sequence[BeneficiaryId]
    ) -> dict[BeneficiaryId, list[tuple[BeneficiaryId, float]]]:
        """Of each, whose names are like theirs, the likest first."""
        queries = await self._queries(tx, looked_at)
        found = await self._names.find_each(list(queries.values()), agency_id)
        return {
            person: [
                (BeneficiaryId(other), likeness)
                for other, likeness in candidates
                if likeness >= LEAST_LIKENESS and other != person
            ][:MOST_COMPARED]
            for person, candidates in zip(queries, found, strict=True)
        }

    async def _queries(
        self, tx: Transaction, people: Sequence[BeneficiaryId]
    ) -> dict[BeneficiaryId, NameQuery]:
        """By name and year of birth, else by name and nationality; of whom neither is known there is none."""
        records = await tx.connection.fetch(_RECORDS, people, _USED)
        known = self._vault.open_fields(records)
        found = ((person, _query(fields)) for person in people if (fields := known.get(person)))
        return {person: query for person, query in found if query is not None}


def _by_registration(person: FoundPerson) -> tuple[datetime, BeneficiaryId]:
    return person.registered_time, person.beneficiary_id


def _query(fields: dict[str, Any]) -> NameQuery | None:
    names: Names = fields["names"]
    name = names.original if names.latin.is_empty else names.latin
    born, nationality = fields["birth"].date, fields["nationality"].value or ""
    if names.withheld or name.is_empty or not (born or nationality):
        return None
    written = f"{name.given} {name.family}"
    return NameQuery(written, birth_year=born.year) if born else NameQuery(written, nationality=nationality)
