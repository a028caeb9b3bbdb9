"""What clients have said they have, in the recipient's row."""

from dataclasses import dataclass
from typing import Final

from chassis.postgres import Transaction
from kernel.ids import OfferId, RecipientId
from services.notifications.domain.recipient import InboxMarks

_LOCK: Final = """
    select last_sequence, acknowledged_sequence, forgotten_sequence, version from recipient
    where recipient_id = $1 for update
"""

_OFFERS: Final = """
    select sequence, offer_id from delivery
    where recipient_id = $1 and sequence > $2 and sequence <= $3 and kind = 'ReferralOffered'
    order by sequence limit $4
"""

_ADVANCE: Final = """
    update recipient set acknowledged_sequence = $2, version = version + 1 where recipient_id = $1
"""


@dataclass(frozen=True, slots=True)
class LockedInbox:
    """An inbox that nobody else can acknowledge or put into until the transaction ends."""

    marks: InboxMarks
    version: int


class PostgresAcknowledgements:
    """The columns of `recipient` that tell what has arrived."""

    async def lock(self, tx: Transaction, recipient_id: RecipientId) -> LockedInbox:
        """Takes the lock; an inbox that was never used is all zeros and needs none."""
        row = await tx.connection.fetchrow(_LOCK, recipient_id)
        if row is None:
            return LockedInbox(InboxMarks(), 0)
        last, acknowledged, forgotten, version = row
        return LockedInbox(InboxMarks(last, acknowledged, forgotten), version)

    async def offers(
        self, tx: Transaction, recipient_id: RecipientId, after_sequence: int, up_to: int, limit: int
    ) -> list[tuple[int, OfferId]]:
        """Offers made in a run of deliveries with their sequences, in order."""
        rows = await tx.connection.fetch(_OFFERS, recipient_id, after_sequence, up_to, limit)
        return [(int(row["sequence"]), OfferId(row["offer_id"])) for row in rows]

    async def advance(self, tx: Transaction, recipient_id: RecipientId, up_to: int) -> None:
        """Sets how far is acknowledged; call it with the lock held and only forwards."""
        await tx.connection.execute(_ADVANCE, recipient_id, up_to)
