"""The data protection officer has destroyed what was kept long enough and nothing holds back."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.errors import RuleBroken
from kernel.ids import BeneficiaryId, random_id
from services.intake.adapters.postgres_destructions import DestroyedDueKey
from services.intake.adapters.postgres_retention import Due
from services.intake.adapters.tombstones import Tombstone
from services.intake.domain.retention import CORE
from services.intake.use_cases.destroy_keys import DestroyParts, Gone, destroy_keys, keep_on_record
from services.intake.use_cases.erase_beneficiary import erase_records
from services.intake.use_cases.hub_officer import hub_officer_only, reach_complaints_too

USUAL_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class DestroyDue:
    """By which rules the officer has looked at what is due, why now, and of how many people at most."""

    request_id: UUID
    rules_version: int
    words: str
    most_people: int = USUAL_MOST


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What is gone: people by class of keys. `destruction_id` is None where nothing was due."""

    destruction_id: UUID | None
    people_by_class: Counter[str]
    people: int
    erased_people: int
    waiting_people: int
    unreadable_people: int = 0
    """Of how many of them some record could not be read: what was due of it is gone like anybody's."""


async def destroy_due(command: DestroyDue, method: str, tx: Transaction, parts: DestroyParts) -> Destroyed:
    """What was destroyed, all in one commit, and how many people wait still: call it again for them.

    Nothing is destroyed that anything holds back at the moment of its destruction: people are locked, then
    looked at again. Of whom nothing is left to keep is erased, and what agencies were given is asked back.
    Broken off at any point it has destroyed all of a call or nothing. The tombstones are written last of all:
    where they were and the commit was lost, it is done at the next start. A record that cannot be read keeps
    nobody waiting, its own person neither (`destroy_keys`). Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotPermitted: HUB_OFFICER_ONLY.
        RuleBroken: RETENTION_RULES_CHANGED.
    """
    hub_officer_only(tx.caller)
    await reach_complaints_too(tx)
    rules_version, _ = await parts.retention.rules(tx)
    if rules_version != command.rules_version:
        raise RuleBroken(
            "The rules have changed since you looked at what is due: look again, then destroy.",
            reason="RETENTION_RULES_CHANGED",
        )
    due, records = await _locked(tx, parts, command.most_people)
    now = await tx.now()
    keys: list[DestroyedDueKey] = []
    unreadable_people = 0
    for one in due:
        gone = await _destroy(one, records[one.beneficiary_id], now, tx, parts)
        keys += gone.keys
        unreadable_people += not gone.is_readable
    people_by_class: Counter[str] = Counter()
    destruction_id = random_id() if keys else None
    if destruction_id is not None:
        sealed = await parts.vault.seal_words(tx, None, destruction_id, command.words)
        persons = {record: one.beneficiary_id for one in due for record in records[one.beneficiary_id]}
        people_by_class = await keep_on_record(
            destruction_id, rules_version, sealed, keys, persons, now, tx, parts, command.request_id
        )
        tx.record_access(AccessRecord("intake", method, [], subject_count=len(due)))
    waiting_people = await parts.retention.waiting(tx)
    if keys:
        await asyncio.to_thread(parts.tombstones.add, *_tombstones(keys, now))
    return Destroyed(
        destruction_id,
        people_by_class,
        len(due),
        sum(CORE in one.due_times for one in due),
        waiting_people,
        unreadable_people,
    )


def _tombstones(keys: Sequence[DestroyedDueKey], now: datetime) -> list[Tombstone]:
    """Of each record that was erased, and of each key that is gone of any other."""
    whole = dict.fromkeys(one.beneficiary_id for one in keys if one.is_whole)
    gone = [Tombstone(one.beneficiary_id, now, one.key_id) for one in keys if not one.is_whole]
    return [*(Tombstone(one, now) for one in whole), *gone]


async def _locked(
    tx: Transaction, parts: DestroyParts, most: int
) -> tuple[list[Due], dict[BeneficiaryId, list[BeneficiaryId]]]:
    """Who is due now that all their records are locked, and which records those are."""
    while True:
        wanted = [one.beneficiary_id for one in await parts.retention.due(tx, most)]
        try:
            if wanted:
                await parts.people.lock_as_one(tx, *wanted)
        except RuleBroken:
            continue  # one of them was erased meanwhile, and is due no longer
        due = await parts.retention.due(tx, most, among=wanted) if wanted else []
        records = {
            one.beneficiary_id: [
                one.beneficiary_id,
                *(other.beneficiary_id for other in await parts.people.others(tx, one.beneficiary_id)),
            ]
            for one in due
        }
        return due, records


async def _destroy(
    due: Due, records: list[BeneficiaryId], now: datetime, tx: Transaction, parts: DestroyParts
) -> Gone:
    """What is gone of all records of the person; who is erased need not be read."""
    if CORE in due.due_times:
        return Gone(await _erase(records, due.due_times[CORE], now, tx, parts), is_readable=True)
    gone = [
        await destroy_keys(await parts.people.read(tx, beneficiary_id), due.due_times, tx, parts)
        for beneficiary_id in records
    ]
    return Gone([key for one in gone for key in one.keys], all(one.is_readable for one in gone))


async def _erase(
    records: list[BeneficiaryId], due_time: datetime, now: datetime, tx: Transaction, parts: DestroyParts
) -> list[DestroyedDueKey]:
    keys = await parts.people.key_ids(tx, records)
    await erase_records([Tombstone(record, now) for record in records], tx, parts.people, parts.recalls)
    return [
        DestroyedDueKey(key_id, beneficiary_id, key_class, due_time, is_whole=True)
        for beneficiary_id, key_class, key_id in keys
    ]
