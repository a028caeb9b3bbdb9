"""Makes erasures true that came back or were never committed: those by request with their certificate."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

from chassis.caller import Caller
from chassis.postgres import Database, Transaction
from kernel.ids import BeneficiaryId
from services.intake.adapters.begun_erasures import BegunErasure
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_erasures import PostgresErasures
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.tombstones import Tombstone, Tombstones
from services.intake.use_cases.erase_beneficiary import erase_records, replay_tombstones
from services.intake.use_cases.erase_by_request import certify


async def follow_tombstones(
    tombstones: Tombstones, database: Database, people: PostgresBeneficiaries, recalls: PostgresRecalls
) -> int:
    """Erases whoever has a tombstone and is still readable; answers of how many that has a certificate.

    Repeat-safe. Run it at each start, before anybody is served: the database may have been restored from a
    backup.

    Raises:
        KeysUnusable: a file is missing or damaged.
    """
    certified = await _certify_begun(tombstones, database, people, recalls)
    await replay_tombstones(tombstones, database, people, recalls)
    return certified


async def _certify_begun(
    tombstones: Tombstones, database: Database, people: PostgresBeneficiaries, recalls: PostgresRecalls
) -> int:
    """Those who had asked for it, as the officer's decision that it was. Each request has one certificate.

    Also where an older database comes back: what is erased again there is certified again, as the certificate
    went with the newer one. A request that the older database does not know is certified by nothing.
    """
    begun = await asyncio.to_thread(tombstones.begun.read)
    if not begun:
        return 0
    stones = {one.beneficiary_id: one for one in await asyncio.to_thread(tombstones.read) if not one.key_id}
    told = [one for one in begun if all(record in stones for record in one.records)]
    erasures, certified = PostgresErasures(), 0
    async with database.transaction(Caller.of_service("intake")) as tx:
        wanted = await erasures.uncertified(tx, told)
    for one in told:
        if one.rights_request_id in wanted:
            async with database.transaction(Caller.of_service("intake")) as tx:
                certified += await _certify(one, stones, tx, people, recalls, erasures)
    return certified


async def _certify(
    begun: BegunErasure,
    stones: Mapping[BeneficiaryId, Tombstone],
    tx: Transaction,
    people: PostgresBeneficiaries,
    recalls: PostgresRecalls,
    erasures: PostgresErasures,
) -> bool:
    agency_id = await erasures.lock_uncertified(tx, begun)
    if agency_id is None:
        return False  # another process has done it meanwhile
    told = [stones[record] for record in begun.records]

    async def erase() -> datetime:
        await erase_records(told, tx, people, recalls)
        return told[0].erased_time

    await tx.now()
    await certify(begun, agency_id, erase, tx, erasures)
    return True
