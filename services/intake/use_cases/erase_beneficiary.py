"""Makes a person unreadable at once and for ever, and keeps it so when an older database is restored."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from chassis.caller import Caller
from chassis.postgres import Database, Transaction
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_drafts import destroy_drafts_of
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.postgres_receipts import empty_receipts_of
from services.intake.adapters.tombstones import Tombstone, Tombstones
from services.intake.domain.events import ProfileChanged
from services.intake.use_cases.open_recalls import open_recalls

AT_ONCE: Final = 500


async def erase_beneficiary(
    beneficiary_id: BeneficiaryId,
    tx: Transaction,
    people: PostgresBeneficiaries,
    tombstones: Tombstones,
    recalls: PostgresRecalls,
) -> datetime:
    """Deletes the wrapped keys and the index of all records that are seen as this person's, behind their
    tombstones, which are one write, whatever leads from a receipt to them, and drafts about them; answers
    when.

    Whatever agencies were given about them is asked back.

    The tombstone is on the disk before the commit: where the commit then fails, the person is erased at the
    next start of intake at the latest, and whoever asked for it has its certificate (`follow_tombstones`).
    Others ask again, and hear that the person is erased.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND.
        RuleBroken: BENEFICIARY_ERASED: it was done before.
    """
    records = await people.lock_as_one(tx, beneficiary_id)
    now = await tx.now()
    told = [Tombstone(record.beneficiary_id, now) for record in records]
    await asyncio.to_thread(tombstones.add, *told)
    await erase_records(told, tx, people, recalls)
    return now


async def replay_tombstones(
    tombstones: Tombstones, database: Database, people: PostgresBeneficiaries, recalls: PostgresRecalls
) -> int:
    """Erases whoever has a tombstone and is still readable; answers how many. Repeat-safe.

    By `follow_tombstones`, behind those that have a certificate.

    Raises:
        KeysUnusable: the file is missing or damaged.
    """
    told = [one for one in await asyncio.to_thread(tombstones.read) if one.key_id is None]
    erased = 0
    for first in range(0, len(told), AT_ONCE):
        async with database.transaction(Caller.of_service("intake")) as tx:
            await tx.now()
            erased += await erase_records(told[first : first + AT_ONCE], tx, people, recalls)
    return erased


async def erase_records(
    tombstones: Iterable[Tombstone],
    tx: Transaction,
    people: PostgresBeneficiaries,
    recalls: PostgresRecalls,
) -> int:
    """Erases these records as far as they are readable still; answers how many. Of whole people: all records
    that are seen as theirs. The caller sees to it that the tombstones are on the disk before the commit.
    """
    erased = await people.erase(tx, {one.beneficiary_id: one.erased_time for one in tombstones})
    for beneficiary_id, profile_version in erased:
        tx.publish(ProfileChanged(beneficiary_id, profile_version))
    if erased:
        records = [beneficiary_id for beneficiary_id, _ in erased]
        await empty_receipts_of(tx, records)
        await destroy_drafts_of(tx, records)
        await open_recalls(tx, recalls, records, is_erased=True)
    return len(erased)
