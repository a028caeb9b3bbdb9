"""What the topics bring stands in the ledger once, in order, and an auditor's own verifier agrees."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.events import IncomingEvent
from chassis.postgres import Transaction
from services.audit.adapters.checkpoint_key import CheckpointKey
from services.audit.adapters.postgres_checkpoints import PostgresCheckpoints
from services.audit.adapters.postgres_entries import PostgresEntries, Wanted
from services.audit.adapters.postgres_ledger import PostgresLedger
from services.audit.use_cases.append_entries import AT_ONCE
from services.audit.use_cases.prove import prove_consistency, prove_inclusion
from services.audit.use_cases.sign_checkpoint import sign_checkpoint
from tests.integration.audit.ledgers import SERVICE, LedgerHere, events, shapes
from tools.audit import verifier
from tools.audit.exporting import InDatabase, export

SIGNER = CheckpointKey("kem.test/ledger", Ed25519PrivateKey.from_private_bytes(b"7" * 32))
TRUSTED = verifier.Key.read(SIGNER.public.verifier_key)
CHECKPOINTS, ENTRIES, EVERYTHING = PostgresCheckpoints(), PostgresEntries(), Wanted()


async def sign(ledger: LedgerHere, entries: int = 1) -> int:
    async with ledger.worker.transaction(SERVICE) as tx:
        await CHECKPOINTS.begin_key(tx, SIGNER.public.verifier_key)
        return await sign_checkpoint(entries, timedelta(hours=1), tx, CHECKPOINTS, SIGNER)


async def exported(ledger: LedgerHere, folder: Path) -> list[bytes]:
    file = folder / "all.kem-ledger"
    await export(InDatabase(ledger.database.check_url, patience_seconds=0), file, lambda done, all_: None)
    return file.read_bytes().splitlines(keepends=True)


async def bodies(ledger: LedgerHere, wanted: Wanted = EVERYTHING) -> list[dict[str, Any]]:
    async with ledger.app.transaction(SERVICE) as tx:
        return [json.loads(one.body) for one in await ENTRIES.page(tx, wanted, 1000)]


async def test_what_was_entered_is_exported_and_verified_without_the_hub(
    ledger: LedgerHere, tmp_path: Path
) -> None:
    coming = [*events(70), *events(50, "referral"), *events(30, "access")]
    for size in (40, 40, 70):
        assert await ledger.append(coming[:size]) == size
        coming = coming[size:]
        assert await sign(ledger) == 1
    report = verifier.check_ledger(await exported(ledger, tmp_path), [TRUSTED])
    assert (report.entries, report.checkpoints, report.unsigned) == (150, 3, 0)
    assert report.sources == {"intake": 70, "referral": 50, "access": 30}


async def test_every_kind_of_fact_is_entered_with_all_that_it_says(ledger: LedgerHere) -> None:
    await ledger.append(events(len(shapes())))
    found = await bodies(ledger)
    assert [one["type"] for one in found] == [event.type for event in events(len(shapes()))]
    assert all(one["fact"] is not None and one["envelope"]["actor"]["id"] for one in found)


async def test_whatever_order_the_topics_bring_them_in_they_are_entered_in_the_sources_own(
    ledger: LedgerHere, tmp_path: Path
) -> None:
    coming = [*events(120), *events(90, "referral")]
    chance = Random(4)
    chance.shuffle(coming)
    again = chance.sample(coming, 60)
    entered = 0
    for start in range(0, len(coming), 30):
        entered += await ledger.append([*coming[start : start + 30], *again[:10]])
        again = again[10:]
    assert entered == 210
    await sign(ledger)
    report = verifier.check_ledger(await exported(ledger, tmp_path), [TRUSTED])
    assert report.sources == {"intake": 120, "referral": 90}


async def test_what_comes_before_its_turn_waits_for_what_is_missing(ledger: LedgerHere) -> None:
    coming = events(10)
    assert await ledger.append([*coming[:3], *coming[4:]]) == 3
    assert await ledger.append([coming[3]]) == 7
    assert ledger.database.execute("select 'waiting: ' || count(*) from audit.early_event").count(
        "waiting: 0"
    )


async def test_however_much_has_waited_all_of_it_is_entered_when_the_gap_is_filled(
    ledger: LedgerHere,
) -> None:
    """Nothing may come after it for hours: what stayed behind would stand in no checkpoint."""
    missing, *coming = events(AT_ONCE + 50)
    assert await ledger.append(coming) == 0
    assert await ledger.append([missing]) == AT_ONCE + 50
    async with ledger.app.transaction(SERVICE) as tx:
        assert await ENTRIES.positions(tx) == {"intake": AT_ONCE + 50}


async def test_what_has_waited_is_looked_for_once_however_the_topics_are_mixed(ledger: LedgerHere) -> None:
    """Partitions come one after the other: of every second event one look each had cost most of the time."""
    coming = events(400)
    await ledger.append(coming[2::2])
    looks = Looks()
    assert await ledger.append([coming[0], *coming[1::2]], looks) == len(coming)
    assert looks.made <= 3


class Looks(PostgresLedger):
    """Counts how often it is asked for what has waited."""

    made = 0

    async def waiting(self, tx: Transaction, source: str, position: int, limit: int) -> list[IncomingEvent]:
        self.made += 1
        return await super().waiting(tx, source, position, limit)


async def test_bytes_that_are_no_event_are_entered_by_their_hash(ledger: LedgerHere) -> None:
    [one] = events(1)
    await ledger.append([replace(one, payload=b"\xff\xff")])
    [found] = await bodies(ledger)
    assert found["fact"] is None
    assert found["payload_sha256"] == "ca2fd00fa001190744c15c317643ab092e7048ce086a243e2be9437c898de1bb"


async def test_words_in_a_header_never_come_into_an_entry(ledger: LedgerHere) -> None:
    """Whoever writes to a topic names the event's type; an entry can never be taken back."""
    [one] = events(1)
    await ledger.append([replace(one, type="Layla Haddad", payload=b"\xff\xff")])
    assert "Layla" not in ledger.database.execute("select body, kind from audit.entry")
    [known] = events(1, first=2)
    await ledger.append([replace(known, type="Layla")])
    assert "Layla" not in ledger.database.execute("select body, kind from audit.entry")


async def test_nobody_changes_what_was_entered(ledger: LedgerHere) -> None:
    await ledger.append(events(5))
    await sign(ledger)
    for table in ("entry", "subject", "node", "checkpoint", "given_checkpoint", "signing_key"):
        for statement in (f"delete from audit.{table}", f"truncate audit.{table}"):
            async with ledger.worker.pool.acquire() as connection:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
            connection = await asyncpg.connect(ledger.database.superuser_url)
            with pytest.raises(asyncpg.RaiseError, match="the ledger is never changed"):
                await connection.execute(statement)
            await connection.close()


async def test_entries_and_growth_are_proved(ledger: LedgerHere) -> None:
    await ledger.append(events(37))
    await sign(ledger)
    await ledger.append(events(40, first=38))
    await sign(ledger)
    async with ledger.app.transaction(SERVICE) as tx:
        for index in range(77):
            one, proof = await prove_inclusion(index, None, tx, CHECKPOINTS)
            assert [one] == await ENTRIES.page(tx, Wanted(after_index=index - 1), 1)
            at, checkpoint = verifier.check_proof(one.body.encode(), proof, [TRUSTED])
            assert (at, checkpoint.size) == (index, 77)
        old, new = await CHECKPOINTS.of_size(tx, 37), await CHECKPOINTS.newest(tx)
        assert old is not None
        assert new is not None
        path = await prove_consistency(37, 77, tx, CHECKPOINTS)
        verifier.check_consistency(37, old.root, 77, new.root, path)


async def test_a_checkpoint_is_signed_after_so_many_entries_or_so_long(ledger: LedgerHere) -> None:
    await ledger.append(events(5))
    assert await sign(ledger, entries=6) == 0
    await ledger.append(events(1, first=6))
    assert await sign(ledger, entries=6) == 1
    assert await sign(ledger, entries=1) == 0  # nothing new
    await ledger.append(events(1, first=7))
    async with ledger.worker.transaction(SERVICE) as tx:
        assert await sign_checkpoint(100, timedelta(0), tx, CHECKPOINTS, SIGNER) == 1


async def test_entries_are_found_by_what_they_concern(ledger: LedgerHere) -> None:
    await ledger.append(events(len(shapes())))
    found = await bodies(ledger)
    referral, person = _first(found, "referral_id"), _first(found, "beneficiary_id")
    for some, wanted in (
        (referral, Wanted(subject_id=UUID(referral))),
        (person, Wanted(subject_id=UUID(person))),
    ):
        hits = await bodies(ledger, wanted)
        assert hits
        assert all(some in json.dumps(one) for one in hits)
    kinds = await bodies(ledger, Wanted(kind="NeedRecorded"))
    assert kinds
    assert {one["type"] for one in kinds} == {"NeedRecorded"}


def _first(found: list[dict[str, Any]], name: str) -> str:
    return next(str(one["fact"][name]) for one in found if name in (one["fact"] or {}))
