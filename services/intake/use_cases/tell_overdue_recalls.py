"""An agency has not said in time what became of what it was given: both sides are told, once."""

from typing import Final

from chassis.postgres import Transaction
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.domain.recall_events import RecallOverdue

AT_ONCE: Final = 100


async def tell_overdue_recalls(tx: Transaction, recalls: PostgresRecalls) -> int:
    """Tells of each recall whose time is over now that it is; answers how many.

    It stays open: the agency may still answer, and must.
    """
    overdue = await recalls.take_overdue(tx, AT_ONCE)
    for one in overdue:
        tx.publish(
            RecallOverdue(one.recall_id, one.referral_id, one.agency_id, one.owner_agency_id, one.due_time)
        )
    return len(overdue)
