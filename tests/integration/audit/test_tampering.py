"""What somebody who owns the database may do to a ledger: done for real, exported, found, the entry named.

The triggers that refuse changes are switched off first, as only a superuser can; hashes are made anew where
whoever does it would think of that.
"""

from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.audit.adapters.checkpoint_key import CheckpointKey
from services.audit.adapters.postgres_checkpoints import PostgresCheckpoints
from services.audit.use_cases.sign_checkpoint import sign_checkpoint
from tests.integration.audit.ledgers import SERVICE, LedgerHere, events
from tools.audit import verifier
from tools.audit.exporting import InDatabase, export

ORIGIN = "kem.test/ledger"
SIGNER = CheckpointKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"7" * 32))
THIEF = CheckpointKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"8" * 32))
TRUSTED = [verifier.Key.read(SIGNER.public.verifier_key)]

_REHASH = """
    update entry set leaf_hash = sha256('\\x00'::bytea || convert_to(body, 'UTF8'));
"""
_SALT = """body = regexp_replace(body, '"salt":"0', '"salt":"f')"""

HARMS = {
    "a bit is flipped": (f"update entry set {_SALT} where index = 30", 30),
    "an entry is changed, with its hash": (f"update entry set {_SALT} where index = 30; {_REHASH}", 20),
    "an entry is deleted": ("delete from entry where index = 30", 30),
    "two are swapped": (
        "update entry a set body = b.body from entry b where (a.index, b.index) in ((30, 31), (31, 30));"
        + _REHASH,
        30,
    ),
    "the end is cut off": ("delete from entry where index >= 50; update head set size = 50", 50),
    "one is put in": (
        "insert into entry select 60, source, 999, gen_random_uuid(), kind, event_time, recorded_time,"
        " actor_id, agency_id, body, leaf_hash from entry where index = 59;"
        " update head set size = 61;" + _REHASH,
        60,
    ),
    "one is dated back": (
        """update entry set body = regexp_replace(body, '"recorded_time":"2', '"recorded_time":"1')
           where index = 30;"""
        + _REHASH,
        30,
    ),
    "a position is left out": (
        """update entry set body = replace(body, '"position":31,', '"position":32,') where index = 30;"""
        + _REHASH,
        30,
    ),
}


async def sign(ledger: LedgerHere, key: CheckpointKey = SIGNER) -> None:
    async with ledger.worker.transaction(SERVICE) as tx:
        checkpoints = PostgresCheckpoints()
        await checkpoints.begin_key(tx, key.public.verifier_key)
        await sign_checkpoint(1, timedelta(hours=1), tx, checkpoints, key)


async def signed_ledger(ledger: LedgerHere) -> None:
    """Sixty entries, and a checkpoint after every twenty."""
    for first in (1, 21, 41):
        await ledger.append(events(20, first=first))
        await sign(ledger)


async def done_to(ledger: LedgerHere, statements: str) -> None:
    connection = await asyncpg.connect(ledger.database.superuser_url)
    try:
        await connection.execute("set session_replication_role = replica; set search_path = audit")
        await connection.execute(statements)
    finally:
        await connection.close()


async def verified(ledger: LedgerHere, folder: Path, since: verifier.Checkpoint | None = None) -> int:
    file = folder / "all.kem-ledger"
    source = InDatabase(ledger.database.check_url, patience_seconds=0)
    await export(source, file, lambda done, all_: None)
    return verifier.check_ledger(file.read_bytes().splitlines(keepends=True), TRUSTED, since).entries


@pytest.mark.parametrize("harm", HARMS)
async def test_what_is_done_to_a_database_is_found_and_the_entry_named(
    ledger: LedgerHere, tmp_path: Path, harm: str
) -> None:
    statements, entry = HARMS[harm]
    await signed_ledger(ledger)
    assert await verified(ledger, tmp_path) == 60
    await done_to(ledger, statements)
    with pytest.raises(verifier.Wrong) as found:
        await verified(ledger, tmp_path)
    assert found.value.entry == entry, found.value


async def test_an_end_that_was_cut_off_with_its_checkpoints_is_found_by_one_that_was_kept(
    ledger: LedgerHere, tmp_path: Path
) -> None:
    await signed_ledger(ledger)
    async with ledger.app.transaction(SERVICE) as tx:
        newest = await PostgresCheckpoints().newest(tx)
    assert newest is not None
    await done_to(
        ledger,
        "delete from entry where index >= 40; delete from checkpoint where size > 40;"
        " update head set size = 40",
    )
    assert await verified(ledger, tmp_path) == 40
    with pytest.raises(verifier.Wrong) as found:
        await verified(ledger, tmp_path, verifier.open_checkpoint(newest.note, TRUSTED))
    assert found.value.entry == 40


async def test_a_second_history_under_the_same_key_is_found(ledger: LedgerHere, tmp_path: Path) -> None:
    await signed_ledger(ledger)
    note = SIGNER.sign(41, b"\x05" * 32)
    await done_to(
        ledger, f"insert into checkpoint values (41, decode(repeat('05', 32), 'hex'), '{note}', now())"
    )
    with pytest.raises(verifier.Wrong) as found:
        await verified(ledger, tmp_path)
    assert found.value.entry == 40


async def test_checkpoints_of_another_key_convince_nobody(ledger: LedgerHere, tmp_path: Path) -> None:
    await signed_ledger(ledger)
    await done_to(ledger, "truncate checkpoint")
    await sign(ledger, THIEF)
    with pytest.raises(verifier.Wrong, match="no key that you trust"):
        await verified(ledger, tmp_path)
