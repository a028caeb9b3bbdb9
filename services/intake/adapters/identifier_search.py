"""Finding people by an exact identifier: twelve bits say where to look, then it is opened and compared."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId
from services.intake.adapters.record_format import categories_of_fields
from services.intake.adapters.vault import Row, Vault
from services.intake.domain.beneficiary import Beneficiary, Names
from services.intake.domain.identifiers import Identifier, IdentifierField, exact_identifiers
from services.intake.domain.masking import masked_name

_SOURCES: Final = {
    IdentifierField.CASE_CODE: ("case_code",),
    IdentifierField.PHONE: ("contacts",),
    IdentifierField.DOCUMENT: ("documents", "amka"),
    IdentifierField.AMKA: ("documents", "amka"),
}
_SHOWN: Final = categories_of_fields(("names", "birth"))

_LOCK: Final = "select pg_advisory_xact_lock($1, key) from unnest($2::int[]) as key"
_LOCK_SPACE: Final = 0x4B454D01
"""The first half of these advisory locks' key; the second is field and digest."""

_OF_ANY_AGENCY: Final = "select * from candidates_with_digest($1::text[], $2::smallint[], $3)"
_OWN_PEOPLE: Final = "select * from vault_record where beneficiary_id = any($1) and category = any($2)"
_OF_OWN_AGENCY: Final = """
    select * from vault_record where category = any($3) and beneficiary_id in (
        select beneficiary_id from blind_index
        join unnest($1::text[], $2::smallint[]) as wanted (field, digest) using (field, digest)
    )
"""


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """Enough to tell two people apart, not enough to know them."""

    beneficiary_id: BeneficiaryId
    masked_name: str
    birth_year: int
    registered_by_agency_id: AgencyId
    registered_time: datetime


class IdentifierSearch:
    """Searches by identifiers that are already normalised."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def lock(self, tx: Transaction, identifiers: Iterable[Identifier]) -> None:
        """Makes everybody else wait who is about to keep one of these identifiers; call it before `same_as`.

        Held until the transaction ends, taken in one order. Two values may share a lock: it only costs time.
        """
        order = list(IdentifierField)
        unique = (one for one in identifiers if one.is_unique)
        keys = sorted({order.index(one.field) << 12 | self._vault.digest(one) for one in unique})
        if keys:
            await tx.connection.execute(_LOCK, _LOCK_SPACE, keys)

    async def same_as(
        self, tx: Transaction, identifiers: Iterable[Identifier], *, but: Collection[BeneficiaryId] = ()
    ) -> list[FoundPerson]:
        """Who has one of these unique identifiers already, of whatever agency, the earliest first."""
        unique = [one for one in identifiers if one.is_unique]
        if not unique:
            return []
        same = [person for person in await self._matching(tx, _OF_ANY_AGENCY, unique) if person not in but]
        if not same:
            return []
        rows = await tx.connection.fetch(
            f"select * from ({_OF_ANY_AGENCY}) as found where beneficiary_id = any($4)",  # noqa: S608  constants
            *self._where(unique),
            _SHOWN,
            same,
        )
        return self._shown(rows)

    async def own_people(self, tx: Transaction, identifier: Identifier) -> list[BeneficiaryId]:
        """People registered by the caller's agency who have the identifier."""
        return await self._matching(tx, _OF_OWN_AGENCY, [identifier])

    async def shown(self, tx: Transaction, people: Sequence[BeneficiaryId]) -> list[FoundPerson]:
        """Those of them whom the caller's agency registered and who are not erased, the earliest first."""
        return self._shown(await tx.connection.fetch(_OWN_PEOPLE, people, _SHOWN))

    async def _matching(
        self, tx: Transaction, statement: str, identifiers: Sequence[Identifier]
    ) -> list[BeneficiaryId]:
        sources = categories_of_fields(name for one in identifiers for name in _SOURCES[one.field])
        rows = await tx.connection.fetch(statement, *self._where(identifiers), sources)
        wanted = {(one.field, one.value): one.is_unique for one in identifiers}
        return [
            person
            for person, known in self._vault.open_fields(rows).items()
            if known is not None and _has_one_of(wanted, known)
        ]

    def _where(self, identifiers: Sequence[Identifier]) -> tuple[list[str], list[int]]:
        """Fields and digests under which the index may have them."""
        return [str(one.field) for one in identifiers], [self._vault.digest(one) for one in identifiers]

    def _shown(self, rows: Sequence[Row]) -> list[FoundPerson]:
        known, one_row = self._vault.open_fields(rows), {row["beneficiary_id"]: row for row in rows}
        shown = [
            _found(row, fields) for person, row in one_row.items() if (fields := known[person]) is not None
        ]
        return sorted(shown, key=lambda person: (person.registered_time, person.beneficiary_id))


def _has_one_of(wanted: dict[tuple[IdentifierField, str], bool], known: dict[str, Any]) -> bool:
    """Whether the person has one of the identifiers, as unique as it is asked for."""
    case_code = known.pop("case_code", None)
    if case_code is not None and (IdentifierField.CASE_CODE, case_code) in wanted:
        return True
    return any(
        one.is_unique >= wanted.get((one.field, one.value), 2)
        for one in exact_identifiers(Beneficiary(**known))
    )


def _found(row: Row, known: dict[str, Any]) -> FoundPerson:
    birth_date = known["birth"].date
    names: Names = known["names"]
    return FoundPerson(
        beneficiary_id=row["beneficiary_id"],
        masked_name=masked_name(names),
        birth_year=birth_date.year if birth_date else 0,
        registered_by_agency_id=row["registered_by_agency_id"],
        registered_time=row["registered_time"],
    )
