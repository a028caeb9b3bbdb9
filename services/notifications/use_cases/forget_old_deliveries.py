"""Deletes what nobody needs any more: deliveries of what is long over, deadlines of what was answered, and
who asked for codes of mails.
"""

from datetime import timedelta

from chassis.postgres import Transaction
from services.notifications.adapters.postgres_deadlines import PostgresDeadlines
from services.notifications.adapters.postgres_mail_codes import PostgresMailCodes
from services.notifications.adapters.postgres_retention import PostgresRetention
from services.notifications.domain.mail_codes import WINDOW


async def forget_old_deliveries(retention_days: int, tx: Transaction, retention: PostgresRetention) -> int:
    """Deletes a batch of deliveries older than that, the oldest of an inbox first; answers how many.

    Call it until it answers 0. Sequences are never used again: the inbox remembers up to where it forgot.
    """
    now = await tx.now()
    return await retention.forget_before(tx, now - timedelta(days=retention_days))


async def forget_old_codes(tx: Transaction, codes: PostgresMailCodes) -> None:
    """Deletes who asked for codes so long ago that it counts no more. Repeat-safe."""
    await codes.forget_before(tx, await tx.now() - WINDOW)


async def forget_answered_deadlines(
    retention_days: int, tx: Transaction, deadlines: PostgresDeadlines
) -> None:
    """Deletes what was answered so long ago that no event of it comes again. Repeat-safe."""
    await deadlines.forget_before(tx, await tx.now() - timedelta(days=retention_days))
