"""Lists what lies in the caller's inbox, for clients that would rather ask than listen."""

from dataclasses import dataclass

from chassis.caller import Caller
from chassis.postgres import Transaction
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.domain.delivery import Delivery
from services.notifications.domain.recipient import Inbox, InboxMarks
from services.notifications.use_cases.open_inbox import open_inbox


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Deliveries in order, and how far the inbox has come."""

    deliveries: list[Delivery]
    marks: InboxMarks


async def list_deliveries(
    inbox: Inbox,
    after_sequence: int,
    limit: int,
    caller: Caller,
    tx: Transaction,
    deliveries: PostgresDeliveries,
) -> DeliveryPage:
    """The first deliveries behind a sequence.

    Raises:
        NotPermitted: not the caller's inbox.
    """
    recipient_id = open_inbox(inbox, caller).recipient_id
    page = await deliveries.page(tx, recipient_id, after_sequence, limit)
    return DeliveryPage(page, await deliveries.marks(tx, recipient_id))
