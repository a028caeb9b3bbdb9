"""People in PostgreSQL: the row that every command locks first, and what is sealed around it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import NotFound, RuleBroken
from kernel.ids import AgencyId, BeneficiaryId
from kernel.vocabulary import Origin
from services.intake.adapters.sealed_rows import SEAL_ANEW, key_columns, record_columns
from services.intake.adapters.sealing import DataKey
from services.intake.adapters.vault import SealedRecord, Vault
from services.intake.domain.identifiers import Identifier

NO_SUCH_PERSON: Final = "There is no such person among those whom your agency registered."

_COLUMNS: Final = (
    "beneficiary_id, registered_by_agency_id, origin, version, profile_version, registered_time, erased_time"
)
_LOCK: Final = f"""
    select {_COLUMNS} from beneficiary where beneficiary_id = any($1)
    order by beneficiary_id for no key update
"""  # noqa: S608  a constant
_READ_ALL: Final = f"select {_COLUMNS} from beneficiary where beneficiary_id = any($1)"  # noqa: S608  a constant
_OTHERS: Final = """
    select other_id, other_is_kept from same_person
    where beneficiary_id = any($1::uuid[]) and unmerged_time is null order by merged_time, other_id
"""
_LAST_MERGED: Final = """
    select max(merged_time) from same_person where beneficiary_id = $1 and unmerged_time is null
"""
_READ: Final = f"select {_COLUMNS} from beneficiary where beneficiary_id = $1"  # noqa: S608  a constant
_INSERT: Final = """
    with person as (
        insert into beneficiary
            (beneficiary_id, registered_by_agency_id, origin, registered_time, updated_time)
        values ($1, $2, $3, $4, $4)
    ), keys as (
        insert into data_key
            (beneficiary_id, registered_by_agency_id, key_class, epoch, key_id, wrapped)
        select $1, $2, * from unnest($5::text[], $6::int[], $7::uuid[], $8::bytea[])
    ), records as (
        insert into sealed_record
            (beneficiary_id, registered_by_agency_id, version, category, key_id, ciphertext)
        select $1, $2, 1, * from unnest($9::text[], $10::uuid[], $11::bytea[])
    )
    insert into blind_index (beneficiary_id, registered_by_agency_id, field, digest)
    select $1, $2, * from unnest($12::text[], $13::smallint[])
"""
_REPLACE: Final = f"""
    with gone as (
        delete from sealed_record where beneficiary_id = $1 and category <> all ($8::text[])
    ), person as (
        update beneficiary set version = $3, updated_time = clock_timestamp(),
            profile_version = profile_version + $13
        where beneficiary_id = $1
        returning profile_version
    {SEAL_ANEW}
    ), unindexed as (
        delete from blind_index where beneficiary_id = $1
        and (field, digest) not in (select * from unnest($11::text[], $12::smallint[]))
    ), indexed as (
        insert into blind_index (beneficiary_id, registered_by_agency_id, field, digest)
        select $1, $2, * from unnest($11::text[], $12::smallint[])
        on conflict do nothing
    )
    select profile_version from person
"""  # noqa: S608  constant
_KEYS: Final = """
    select distinct on (key_class) beneficiary_id, key_class, key_id, epoch, wrapped
    from data_key where beneficiary_id = $1 order by key_class, epoch desc
"""
_BUMP: Final = """
    update beneficiary set profile_version = profile_version + 1 where beneficiary_id = any($1::uuid[])
    returning beneficiary_id, profile_version
"""
_ERASE: Final = """
    with told as (
        select beneficiary_id, told.erased_time
        from unnest($1::uuid[], $2::timestamptz[]) as told (beneficiary_id, erased_time)
        join beneficiary using (beneficiary_id)
        where beneficiary.erased_time is null
        order by beneficiary_id for no key update of beneficiary
    ), keys as (
        delete from data_key using told where data_key.beneficiary_id = told.beneficiary_id
    ), index as (
        delete from blind_index using told where blind_index.beneficiary_id = told.beneficiary_id
    )
    update beneficiary set erased_time = told.erased_time, profile_version = profile_version + 1
    from told where beneficiary.beneficiary_id = told.beneficiary_id
    returning beneficiary.beneficiary_id, profile_version
"""
_DROP_KEYS: Final = """
    delete from data_key where beneficiary_id = $1 and key_class = any($2) returning key_class, key_id
"""
_KEYS_THERE: Final = """
    select data_key.beneficiary_id, data_key.key_class
    from unnest($1::uuid[], $2::uuid[]) as told (beneficiary_id, key_id)
    join data_key using (beneficiary_id, key_id)
"""
_ALL_RECORDS: Final = "select * from vault_record where beneficiary_id = $1"


@dataclass(frozen=True, slots=True)
class OtherRecord:
    """Another record of the same person; `is_kept`: the one that the record in question was merged into."""

    beneficiary_id: BeneficiaryId
    is_kept: bool


@dataclass(frozen=True, slots=True)
class BeneficiaryRow:
    """What is known of a person without opening anything."""

    beneficiary_id: BeneficiaryId
    registered_by_agency_id: AgencyId
    origin: Origin
    version: int
    profile_version: int
    registered_time: datetime
    erased_time: datetime | None


class PostgresBeneficiaries:
    """Statements over people. Row-level security shows an agency only those whom it registered."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def lock(self, tx: Transaction, beneficiary_id: BeneficiaryId) -> BeneficiaryRow:
        """Locks the person until the transaction ends; the first thing that a command does.

        Raises:
            NotFound: BENEFICIARY_NOT_FOUND: no such person, or not the caller's (told apart nowhere).
            RuleBroken: BENEFICIARY_ERASED.
        """
        found = await self.lock_all(tx, [beneficiary_id])
        return found[beneficiary_id]

    async def lock_all(
        self, tx: Transaction, beneficiary_ids: Iterable[BeneficiaryId]
    ) -> dict[BeneficiaryId, BeneficiaryRow]:
        """Locks several people in the order of their ids. Raises as `lock` does, for the first amiss."""
        wanted = list(dict.fromkeys(beneficiary_ids))
        rows = await tx.connection.fetch(_LOCK, wanted)
        found = {row["beneficiary_id"]: _row(row) for row in rows}
        for beneficiary_id in wanted:
            _present(found.get(beneficiary_id))
        return found

    async def lock_as_one(self, tx: Transaction, *beneficiary_ids: BeneficiaryId) -> list[BeneficiaryRow]:
        """Locks these people with all records that are seen as theirs, in the order of their ids; those asked
        for are the first of the answer. Raises as `lock` does.
        """
        together = await tx.connection.fetchval("select lock_as_one($1::uuid[])", beneficiary_ids)
        rows = {row["beneficiary_id"]: _row(row) for row in await tx.connection.fetch(_READ_ALL, together)}
        asked = [_present(rows.get(beneficiary_id)) for beneficiary_id in beneficiary_ids]
        return [*asked, *(rows[one] for one in sorted(rows.keys() - set(beneficiary_ids)))]

    async def others(self, tx: Transaction, *beneficiary_ids: BeneficiaryId) -> list[OtherRecord]:
        """The other records that are seen as these people's now, as far as the caller may see."""
        rows = await tx.connection.fetch(_OTHERS, beneficiary_ids)
        return [OtherRecord(row["other_id"], row["other_is_kept"]) for row in rows]

    async def last_merged_time(self, tx: Transaction, beneficiary_id: BeneficiaryId) -> datetime | None:
        """When the last of the records that are seen as this person's was merged with the others; None where
        there is but one, as far as the caller may see.
        """
        found: datetime | None = await tx.connection.fetchval(_LAST_MERGED, beneficiary_id)
        return found

    async def read(self, tx: Transaction, beneficiary_id: BeneficiaryId) -> BeneficiaryRow:
        """The person's row without a lock. Raises as `lock` does."""
        row = await tx.connection.fetchrow(_READ, beneficiary_id)
        return _present(_row(row) if row else None)

    async def bump_profiles(
        self, tx: Transaction, beneficiary_ids: Iterable[BeneficiaryId]
    ) -> list[tuple[BeneficiaryId, int]]:
        """Counts a change of what matching may know of locked people; answers each with the new
        profile_version, for `ProfileChanged`.
        """
        rows = await tx.connection.fetch(_BUMP, list(beneficiary_ids))
        return [(row["beneficiary_id"], row["profile_version"]) for row in rows]

    async def is_erased(self, tx: Transaction, beneficiary_id: BeneficiaryId) -> bool:
        """Whether nothing of the person can be read any more."""
        found: bool = await tx.connection.fetchval(
            "select erased_time is not null from beneficiary where beneficiary_id = $1", beneficiary_id
        )
        return found

    async def erase(
        self, tx: Transaction, erased_times: Mapping[BeneficiaryId, datetime]
    ) -> list[tuple[BeneficiaryId, int]]:
        """Deletes wrapped keys and index of those not erased yet; answers each with the new profile_version.

        From the commit on nobody can read what is sealed of them. People who are not here are passed over.
        """
        rows = await tx.connection.fetch(_ERASE, list(erased_times), list(erased_times.values()))
        return [(row["beneficiary_id"], row["profile_version"]) for row in rows]

    async def next_case_number(self, tx: Transaction) -> int:
        """The number of the next case code, 1 to 999,999; never given out twice within a year."""
        number: int = await tx.connection.fetchval("select nextval('case_number')")
        return number

    async def insert(
        self,
        tx: Transaction,
        row: BeneficiaryRow,
        keys: Mapping[str, DataKey],
        records: Sequence[SealedRecord],
        identifiers: Iterable[Identifier],
    ) -> None:
        """Keeps a new person, all by one statement."""
        await tx.connection.execute(
            _INSERT,
            row.beneficiary_id,
            row.registered_by_agency_id,
            str(row.origin),
            row.registered_time,
            *key_columns(keys.values()),
            *record_columns(records),
            *self._index_columns(identifiers),
        )

    async def replace(
        self,
        tx: Transaction,
        row: BeneficiaryRow,
        new_keys: Mapping[str, DataKey],
        records: Sequence[SealedRecord],
        identifiers: Iterable[Identifier],
        *,
        profile_changed: bool,
    ) -> int:
        """Keeps version `row.version + 1` of a locked person; answers the profile_version.

        `new_keys` are of classes that had none. Categories that are not in `records` are deleted.
        """
        profile_version: int = await tx.connection.fetchval(
            _REPLACE,
            row.beneficiary_id,
            row.registered_by_agency_id,
            row.version + 1,
            *key_columns(new_keys.values()),
            *record_columns(records),
            *self._index_columns(identifiers),
            int(profile_changed),
        )
        return profile_version

    async def keys(self, tx: Transaction, beneficiary_id: BeneficiaryId) -> dict[str, DataKey]:
        """The person's keys by class, as far as they can still be used."""
        rows = await tx.connection.fetch(_KEYS, beneficiary_id)
        found = ((row["key_class"], self._vault.key_of(row)) for row in rows)
        return {key_class: key for key_class, key in found if key is not None}

    async def drop_keys(
        self, tx: Transaction, beneficiary_id: BeneficiaryId, key_classes: Collection[str]
    ) -> dict[str, UUID]:
        """Deletes the keys of these classes of a locked person; answers the key of each class that had one.

        What they sealed cannot be read from the commit on: put something else there (`replace`).
        """
        rows = await tx.connection.fetch(_DROP_KEYS, beneficiary_id, list(key_classes))
        return {row["key_class"]: row["key_id"] for row in rows}

    async def key_ids(
        self, tx: Transaction, records: Collection[BeneficiaryId]
    ) -> list[tuple[BeneficiaryId, str, UUID]]:
        """Every key of these records: whose, its class, its id."""
        rows = await tx.connection.fetch(
            "select distinct beneficiary_id, key_class, key_id from data_key where beneficiary_id = any($1)",
            list(records),
        )
        return [(row["beneficiary_id"], row["key_class"], row["key_id"]) for row in rows]

    async def classes_there(
        self, tx: Transaction, keys: Iterable[tuple[BeneficiaryId, UUID]]
    ) -> dict[BeneficiaryId, set[str]]:
        """Of those keys that are in the database, the classes by person."""
        found: dict[BeneficiaryId, set[str]] = {}
        wanted = list(keys)
        rows = await tx.connection.fetch(_KEYS_THERE, [one for one, _ in wanted], [one for _, one in wanted])
        for row in rows:
            found.setdefault(row["beneficiary_id"], set()).add(row["key_class"])
        return found

    async def fields(self, tx: Transaction, beneficiary_id: BeneficiaryId) -> dict[str, Any] | None:
        """Every field of a person whom the caller may see, by name; None when erased."""
        rows = await tx.connection.fetch(_ALL_RECORDS, beneficiary_id)
        return self._vault.open_fields(rows).get(beneficiary_id)

    def _index_columns(self, identifiers: Iterable[Identifier]) -> tuple[list[str], list[int]]:
        entries = sorted({(str(one.field), self._vault.digest(one)) for one in identifiers})
        return [field for field, _ in entries], [digest for _, digest in entries]


def _row(row: Mapping[str, Any]) -> BeneficiaryRow:
    return BeneficiaryRow(**{**dict(row), "origin": Origin(row["origin"])})


def _present(row: BeneficiaryRow | None) -> BeneficiaryRow:
    if row is None:
        raise NotFound(NO_SUCH_PERSON, reason="BENEFICIARY_NOT_FOUND")
    if row.erased_time is not None:
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    return row
