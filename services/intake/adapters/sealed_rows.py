"""Keys and what they seal as rows: how a record that stands is written anew."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from services.intake.adapters.sealing import DataKey
from services.intake.adapters.vault import SealedRecord

SEAL_ANEW: Final = """), keys as (
        insert into data_key
            (beneficiary_id, registered_by_agency_id, key_class, epoch, key_id, wrapped)
        select $1, $2, * from unnest($4::text[], $5::int[], $6::uuid[], $7::bytea[])
    ), records as (
        insert into sealed_record
            (beneficiary_id, registered_by_agency_id, version, category, key_id, ciphertext)
        select $1, $2, $3, * from unnest($8::text[], $9::uuid[], $10::bytea[])
        on conflict (beneficiary_id, category) do update
        set version = excluded.version, key_id = excluded.key_id, ciphertext = excluded.ciphertext"""
"""Parts of a statement behind others: $1 the person, $2 their agency, $3 the version, then `key_columns` and
`record_columns`.
"""


def key_columns(keys: Iterable[DataKey]) -> tuple[list[Any], ...]:
    """Classes, epochs, ids and the wrapped keys."""
    found = list(keys)
    return (
        [key.key_class for key in found],
        [key.wrapped.epoch for key in found],
        [key.key_id for key in found],
        [key.wrapped.wrapped for key in found],
    )


def record_columns(records: Sequence[SealedRecord]) -> tuple[list[Any], ...]:
    """Categories, by which keys, and the sealed bytes."""
    return (
        [record.category for record in records],
        [record.key_id for record in records],
        [record.ciphertext for record in records],
    )
