"""Officers are told that something of theirs is due soon, or overdue: each once."""

from datetime import datetime
from typing import Final

from chassis.postgres import Transaction
from services.notifications.adapters.postgres_deadlines import PostgresDeadlines
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.use_cases.deliver_facts import deliver_facts

AT_ONCE: Final = 100


async def tell_deadlines(
    tx: Transaction, deadlines: PostgresDeadlines, deliveries: PostgresDeliveries, until_time: datetime
) -> int:
    """Tells of those whose time had come then; answers how many. What was told is kept by the same commit.

    Args:
        until_time: until then it is known what was answered.
    """
    due = await deadlines.take(tx, until_time, AT_ONCE)
    if due:
        now = await tx.now()
        await deliver_facts([one.tell(now) for one in due], tx, deliveries)
        await deadlines.save(tx, due)
    return len(due)
