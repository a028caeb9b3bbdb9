"""Signs a checkpoint when enough entries, or one for long enough, are under none."""

from datetime import timedelta

from chassis.postgres import Transaction
from services.audit.adapters.checkpoint_key import CheckpointKey
from services.audit.adapters.postgres_checkpoints import PostgresCheckpoints, SignedCheckpoint


async def sign_checkpoint(
    entries: int, age: timedelta, tx: Transaction, checkpoints: PostgresCheckpoints, key: CheckpointKey
) -> int:
    """Answers how many were signed, 0 or 1. What is signed was committed before, and is never taken back.

    Args:
        entries: as soon as so many are under no checkpoint.
        age: or as soon as one of them is so old.
    """
    waiting = await checkpoints.unsigned(tx)
    size = waiting.edge.size
    if waiting.oldest_time is None or (
        size - waiting.signed_size < entries and waiting.now - waiting.oldest_time < age
    ):
        return 0
    root = waiting.edge.root
    await checkpoints.put(tx, SignedCheckpoint(size, root, key.sign(size, root), waiting.now))
    return 1
