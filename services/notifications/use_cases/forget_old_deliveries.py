"""Deletes deliveries that nobody needs any more: what they told of is long over, and is still readable."""

from datetime import timedelta

from chassis.postgres import Transaction
from services.notifications.adapters.postgres_retention import PostgresRetention


async def forget_old_deliveries(retention_days: int, tx: Transaction, retention: PostgresRetention) -> int:
    """Deletes a batch of deliveries older than that, the oldest of an inbox first; answers how many.

    Call it until it answers 0. Sequences are never used again: the inbox remembers up to where it forgot.
    """
    now = await tx.now()
    return await retention.forget_before(tx, now - timedelta(days=retention_days))
