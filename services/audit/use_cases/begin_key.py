"""Puts the key on the ledger's list before it signs anything."""

from chassis.postgres import Transaction
from services.audit.adapters.postgres_checkpoints import PostgresCheckpoints
from services.audit.domain.facts import SigningKeyBegun
from services.audit.domain.note import NoteKey


async def begin_key(key: NoteKey, tx: Transaction, checkpoints: PostgresCheckpoints) -> None:
    """Repeat-safe; told once of each key, in the ledger too."""
    if await checkpoints.begin_key(tx, key.verifier_key):
        tx.publish(SigningKeyBegun(key.name, key.verifier_key))
