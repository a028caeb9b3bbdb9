"""The end of old deliveries in PostgreSQL."""

from datetime import datetime
from typing import Final

from chassis.postgres import Transaction

# A whole run from the start of each inbox, so that what is left is still dense. SKIP LOCKED: a busy inbox
# has its turn next time.
_FORGET: Final = """
    with old as (
        select recipient_id, max(sequence) as up_to
        from (select recipient_id, sequence from delivery where recorded_time < $1 limit $2) aged
        group by recipient_id
    ), locked as (
        select recipient_id, up_to from recipient join old using (recipient_id)
        order by recipient_id for update of recipient skip locked
    ), deleted as (
        delete from delivery using locked
        where delivery.recipient_id = locked.recipient_id and delivery.sequence <= locked.up_to
        returning 1
    ), marked as (
        update recipient set forgotten_sequence = greatest(forgotten_sequence, locked.up_to)
        from locked where recipient.recipient_id = locked.recipient_id
    )
    select count(*) from deleted
"""

BATCH: Final = 2_000


class PostgresRetention:
    """Deletes by age."""

    async def forget_before(self, tx: Transaction, time: datetime) -> int:
        """Deletes some deliveries recorded before `time`; answers how many."""
        return int(await tx.connection.fetchval(_FORGET, time, BATCH))
