"""Gives the newest checkpoint to everybody, now and then: copies outside of the hub make it binding."""

from datetime import timedelta

from chassis.postgres import Transaction
from services.audit.adapters.postgres_checkpoints import PostgresCheckpoints
from services.audit.domain.facts import CheckpointGiven


async def give_checkpoint(
    origin: str, pause: timedelta, tx: Transaction, checkpoints: PostgresCheckpoints
) -> int:
    """Answers how many were given, 0 or 1.

    Args:
        pause: at least so long after the one before. A checkpoint is given once only.
    """
    newest = await checkpoints.newest(tx)
    if newest is None:
        return 0
    last = await checkpoints.last_given(tx)
    now = await tx.now()
    if last is not None and (newest.size <= last.size or now - last.given_time < pause):
        return 0
    number = last.number + 1 if last else 1
    if not await checkpoints.give(tx, number, newest.size, now):
        return 0
    tx.publish(CheckpointGiven(origin, number, newest.size, newest.note))
    return 1
