"""Takes out of a record what lay under keys that are gone, where nobody can read the rest of it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from services.intake.adapters.postgres_beneficiaries import BeneficiaryRow
from services.intake.adapters.record_format import CASE_CODE, categories_of_classes, key_class_of
from services.intake.adapters.sealed_rows import SEAL_ANEW, key_columns, record_columns
from services.intake.adapters.sealing import DataKey
from services.intake.adapters.vault import SealedRecord
from services.intake.domain.identifiers import IdentifierField

_FOUND_BY: Final[Mapping[IdentifierField, str]] = {
    IdentifierField.CASE_CODE: CASE_CODE,
    IdentifierField.PHONE: "SAFE_CONTACT",
    IdentifierField.DOCUMENT: "DOCUMENTS",
    IdentifierField.AMKA: "DOCUMENTS",
}
"""In which category lies what the index finds people by."""

_EMPTY: Final = f"""
    with gone as (
        delete from sealed_record where beneficiary_id = $1 and category <> all ($8::text[])
        and (category = any($11::text[]) or key_id = any($12::uuid[]))
    ), person as (
        update beneficiary set version = $3, updated_time = clock_timestamp(),
            profile_version = profile_version + $14
        where beneficiary_id = $1
        returning profile_version
    {SEAL_ANEW}
    ), unindexed as (
        delete from blind_index where beneficiary_id = $1 and field = any($13::text[])
    )
    select profile_version from person
"""  # noqa: S608  constant


async def empty_classes(
    tx: Transaction,
    row: BeneficiaryRow,
    gone: Mapping[str, UUID],
    fresh: Mapping[str, DataKey],
    records: Sequence[SealedRecord],
    *,
    profile_changed: bool,
) -> int:
    """Version `row.version + 1` of a locked person; answers the profile_version.

    What other keys seal stays as it lies, under the version that it had: whoever has its keys opens it still.

    Args:
        gone: the keys that were dropped, by class.
        fresh: those that stand in their place, with what they seal (`records`).
    """
    profile_version: int = await tx.connection.fetchval(
        _EMPTY,
        row.beneficiary_id,
        row.registered_by_agency_id,
        row.version + 1,
        *key_columns(fresh.values()),
        *record_columns(records),
        categories_of_classes(gone),
        list(gone.values()),
        _fields_of(gone),
        int(profile_changed),
    )
    return profile_version


def _fields_of(key_classes: Collection[str]) -> list[str]:
    return [str(field) for field, category in _FOUND_BY.items() if key_class_of(category) in key_classes]
