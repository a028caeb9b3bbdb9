"""Destroys what lies under some keys of a person, and leaves the rest as it was."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.caller import Caller
from chassis.postgres import Database, Transaction
from kernel.errors import RuleBroken
from kernel.ids import BeneficiaryId, random_id
from services.intake.adapters.postgres_beneficiaries import BeneficiaryRow, PostgresBeneficiaries
from services.intake.adapters.postgres_destructions import DestroyedDueKey, PostgresDestructions
from services.intake.adapters.postgres_drafts import destroy_drafts_of
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.postgres_receipts import empty_receipts_of
from services.intake.adapters.postgres_retention import PostgresRetention
from services.intake.adapters.record_format import CLASSES_OF_EVERYBODY, fields_of_class
from services.intake.adapters.tombstones import Tombstone, Tombstones
from services.intake.adapters.vault import Vault
from services.intake.domain.athens_day import athens_day
from services.intake.domain.beneficiary import Beneficiary
from services.intake.domain.events import BeneficiaryUpdated, ProfileChanged
from services.intake.domain.identifiers import Identifier, IdentifierField, exact_identifiers
from services.intake.domain.person_profile import profile_of
from services.intake.domain.retention import categories_of
from services.intake.domain.retention_events import RetentionDestroyed

AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class DestroyParts:
    """What a destruction works with."""

    people: PostgresBeneficiaries
    vault: Vault
    retention: PostgresRetention
    destructions: PostgresDestructions
    tombstones: Tombstones
    recalls: PostgresRecalls


async def destroy_keys(
    row: BeneficiaryRow, due_times: Mapping[str, datetime], tx: Transaction, parts: DestroyParts
) -> list[DestroyedDueKey]:
    """Destroys the keys of these classes of a locked record, and what is indexed of it; the rest stands.

    In the place of what is gone stands that nothing was said, as of somebody who was never asked, under a
    fresh key: so everything that reads the record goes on, and what the person says anew is kept. What was
    sealed before, texts included, is read by nobody from the commit on. Tombstones are for the caller.

    Raises:
        RuleBroken: RECORD_UNREADABLE: what should stay cannot be read, so it would be lost.
    """
    known = await parts.people.fields(tx, row.beneficiary_id)
    if known is None:
        raise RuleBroken(
            "The record of somebody of whom something is due cannot be opened, so nothing was destroyed: keys"
            " of the vault are away or damaged (docs/runbooks/keys.md).",
            reason="RECORD_UNREADABLE",
        )
    code = known.pop("case_code")
    before = Beneficiary(**known)
    after = without(before, due_times)
    gone = await parts.people.drop_keys(tx, row.beneficiary_id, due_times)
    if not gone:
        return []
    kept = await parts.people.keys(tx, row.beneficiary_id)
    fresh = parts.vault.new_keys(row.beneficiary_id, sorted(CLASSES_OF_EVERYBODY & gone.keys()))
    records = parts.vault.seal_person(row.beneficiary_id, row.version + 1, after, code, kept | fresh)
    today = athens_day(await tx.now())
    profile_changed = profile_of(after).bands(today) != profile_of(before).bands(today)
    profile_version = await parts.people.replace(
        tx,
        row,
        fresh,
        records,
        (*exact_identifiers(after), Identifier(IdentifierField.CASE_CODE, code)),
        profile_changed=profile_changed,
    )
    tx.publish(BeneficiaryUpdated(row.beneficiary_id, row.version + 1))
    if profile_changed:
        tx.publish(ProfileChanged(row.beneficiary_id, profile_version))
    return _gone(row.beneficiary_id, gone, due_times)


def _gone(
    beneficiary_id: BeneficiaryId, gone: Mapping[str, UUID], due_times: Mapping[str, datetime]
) -> list[DestroyedDueKey]:
    return [
        DestroyedDueKey(key_id, beneficiary_id, key_class, due_times[key_class], is_whole=False)
        for key_class, key_id in gone.items()
    ]


def without(beneficiary: Beneficiary, key_classes: Iterable[str]) -> Beneficiary:
    """The person as if nothing had been said of what keys of these classes seal."""
    nothing = Beneficiary()
    named = {one.name for one in fields(Beneficiary)}
    return replace(
        beneficiary,
        **{
            name: getattr(nothing, name)
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
    keys = []
    for beneficiary_id, classes in there.items():
        due_times = dict.fromkeys(classes, times[beneficiary_id])
        try:
            keys += await destroy_keys(rows[beneficiary_id], due_times, tx, parts)
        except RuleBroken:  # the rest of it cannot be read anyway, and what was destroyed must not come back
            gone = await parts.people.drop_keys(tx, beneficiary_id, classes)
            keys += _gone(beneficiary_id, gone, due_times)
    rules_version, _ = await parts.retention.rules(tx)
    persons, now = {one: one for one in there}, await tx.now()
    await keep_on_record(random_id(), rules_version, None, keys, persons, now, tx, parts)
    return len(keys)
