"""Destroys what lies under some keys of a person, and leaves the rest as it was."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from chassis.caller import Caller
from chassis.postgres import Database, Transaction
from kernel.ids import BeneficiaryId, random_id
from services.intake.adapters.emptied_records import empty_classes
from services.intake.adapters.keys import KeysUnusable
from services.intake.adapters.postgres_beneficiaries import BeneficiaryRow, PostgresBeneficiaries
from services.intake.adapters.postgres_destructions import DestroyedDueKey, PostgresDestructions
from services.intake.adapters.postgres_drafts import destroy_drafts_of
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.postgres_receipts import empty_receipts_of
from services.intake.adapters.postgres_retention import PostgresRetention
from services.intake.adapters.record_format import CLASSES_OF_EVERYBODY, fields_of_class
from services.intake.adapters.sealing import DataKey, RecordAltered
from services.intake.adapters.tombstones import Tombstone, Tombstones
from services.intake.adapters.vault import Vault
from services.intake.domain.athens_day import athens_day
from services.intake.domain.beneficiary import NEVER_ASKED, Beneficiary
from services.intake.domain.events import BeneficiaryUpdated, ProfileChanged
from services.intake.domain.identifiers import Identifier, IdentifierField, exact_identifiers
from services.intake.domain.person_profile import profile_of
from services.intake.domain.retention import categories_of
from services.intake.domain.retention_events import RetentionDestroyed

AT_ONCE: Final = 500

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DestroyParts:
    """What a destruction works with."""

    people: PostgresBeneficiaries
    vault: Vault
    retention: PostgresRetention
    destructions: PostgresDestructions
    tombstones: Tombstones
    recalls: PostgresRecalls


@dataclass(frozen=True, slots=True)
class Gone:
    """The keys of a record that are gone, and whether what is left of it could be read."""

    keys: Sequence[DestroyedDueKey]
    is_readable: bool


@dataclass(frozen=True, slots=True)
class _Opened:
    """What a record holds, and the keys of it that stay."""

    beneficiary: Beneficiary
    case_code: str
    kept: dict[str, DataKey]


async def destroy_keys(
    row: BeneficiaryRow, due_times: Mapping[str, datetime], tx: Transaction, parts: DestroyParts
) -> Gone:
    """Destroys the keys of these classes of a locked record, and what is indexed of it; the rest stands.

    In the place of what is gone stands that nothing was said, as of somebody who was never asked, under a
    fresh key: so everything that reads the record goes on, and what the person says anew is kept. What was
    sealed before, texts included, is read by nobody from the commit on. Tombstones are for the caller.

    A record that cannot be read loses the same, because nothing is kept for longer than its rule for being
    damaged. What should stay of it is left as it lies, byte by byte: where its keys come back, so does it.
    """
    opened = await _opened(row.beneficiary_id, due_times, tx, parts)
    gone = await parts.people.drop_keys(tx, row.beneficiary_id, due_times)
    if not gone:
        return Gone([], is_readable=opened is not None)
    fresh = parts.vault.new_keys(row.beneficiary_id, sorted(CLASSES_OF_EVERYBODY & gone.keys()))
    if opened is None:
        records = parts.vault.seal_nothing(row.beneficiary_id, row.version + 1, fresh)
        profile_changed = "sensitive" in gone  # what it was before, nobody can say
        profile_version = await empty_classes(tx, row, gone, fresh, records, profile_changed=profile_changed)
    else:
        before, code = opened.beneficiary, opened.case_code
        after = without(before, due_times)
        today = athens_day(await tx.now())
        profile_changed = profile_of(after).bands(today) != profile_of(before).bands(today)
        profile_version = await parts.people.replace(
            tx,
            row,
            fresh,
            parts.vault.seal_person(row.beneficiary_id, row.version + 1, after, code, opened.kept | fresh),
            (*exact_identifiers(after), Identifier(IdentifierField.CASE_CODE, code)),
            profile_changed=profile_changed,
        )
    tx.publish(BeneficiaryUpdated(row.beneficiary_id, row.version + 1))
    if profile_changed:
        tx.publish(ProfileChanged(row.beneficiary_id, profile_version))
    keys = [
        DestroyedDueKey(key_id, row.beneficiary_id, key_class, due_times[key_class], is_whole=False)
        for key_class, key_id in gone.items()
    ]
    return Gone(keys, is_readable=opened is not None)


async def _opened(
    beneficiary_id: BeneficiaryId, due: Collection[str], tx: Transaction, parts: DestroyParts
) -> _Opened | None:
    """The record; None where a key of it is away, or it or a key was altered, of which the log tells."""
    try:
        known = await parts.people.fields(tx, beneficiary_id)
        keys = await parts.people.keys(tx, beneficiary_id)
    except (RecordAltered, KeysUnusable) as error:
        log.error("record_unreadable", error=type(error).__name__)
        return None
    kept = {key_class: key for key_class, key in keys.items() if key_class not in due}
    if known is None or not (CLASSES_OF_EVERYBODY - set(due)) <= kept.keys():
        log.error("record_unreadable", error="KeyMissing")
        return None
    code = known.pop("case_code")
    return _Opened(Beneficiary(**known), code, kept)


def without(beneficiary: Beneficiary, key_classes: Iterable[str]) -> Beneficiary:
    """The person as if nothing had been said of what keys of these classes seal."""
    named = {one.name for one in fields(Beneficiary)}
    return replace(
        beneficiary,
        **{
            name: getattr(NEVER_ASKED, name)
            for key_class in key_classes
            for name in fields_of_class(key_class)
            if name in named
        },
    )


async def keep_on_record(
    destruction_id: UUID,
    rules_version: int,
    sealed_words: bytes | None,
    keys: Sequence[DestroyedDueKey],
    persons: Mapping[BeneficiaryId, BeneficiaryId],
    now: datetime,
    tx: Transaction,
    parts: DestroyParts,
    request_id: UUID | None = None,
) -> Counter[str]:
    """Writes down what was destroyed, tells it, and ends receipts and drafts that told of it; answers how
    many people by class.

    Args:
        persons: of each record, whose it is: merged records count as one person.
    """
    await empty_receipts_of(tx, persons)
    await destroy_drafts_of(tx, persons)
    await parts.destructions.add(tx, destruction_id, rules_version, sealed_words, keys, now)
    people = Counter(
        key_class for _, key_class in {(persons[one.beneficiary_id], one.key_class) for one in keys}
    )
    erased = {persons[one.beneficiary_id] for one in keys if one.is_whole}
    tx.publish(
        RetentionDestroyed(
            destruction_id,
            rules_version,
            {category: people[name] for name in people for category in categories_of(name)},
            len(erased),
            is_restored=sealed_words is None,
            request_id=request_id,
        )
    )
    return people


async def replay_destroyed_keys(parts: DestroyParts, database: Database) -> int:
    """Destroys again the keys that have a tombstone and came back with an older database; answers how many.

    Repeat-safe. Run it at each start behind `replay_tombstones`, before anybody is served.

    Raises:
        KeysUnusable: the file is missing or damaged.
    """
    told = [one for one in await asyncio.to_thread(parts.tombstones.read) if one.key_id is not None]
    destroyed = 0
    for first in range(0, len(told), AT_ONCE):
        async with database.transaction(Caller.of_service("intake")) as tx:
            destroyed += await _replay(told[first : first + AT_ONCE], tx, parts)
    return destroyed


async def _replay(told: Collection[Tombstone], tx: Transaction, parts: DestroyParts) -> int:
    wanted = [(one.beneficiary_id, one.key_id) for one in told if one.key_id is not None]
    there = await parts.people.classes_there(tx, wanted)
    if not there:
        return 0
    rows = await parts.people.lock_all(tx, there)
    times = {one.beneficiary_id: one.erased_time for one in told}
    keys: list[DestroyedDueKey] = []
    for beneficiary_id, classes in there.items():
        due_times = dict.fromkeys(classes, times[beneficiary_id])
        keys += (await destroy_keys(rows[beneficiary_id], due_times, tx, parts)).keys
    rules_version, _ = await parts.retention.rules(tx)
    persons, now = {one: one for one in there}, await tx.now()
    await keep_on_record(random_id(), rules_version, None, keys, persons, now, tx, parts)
    return len(keys)
