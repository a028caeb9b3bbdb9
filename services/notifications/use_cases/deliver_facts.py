"""Puts what has happened into the inboxes of everybody concerned."""

from collections.abc import Sequence

from chassis.postgres import Transaction
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.domain.audience import Fact, ForEveryAgency, deliveries_due
from services.notifications.domain.delivery import Delivery


async def deliver_facts(
    facts: Sequence[Fact], tx: Transaction, deliveries: PostgresDeliveries
) -> list[Delivery]:
    """Makes the deliveries of a batch of facts, in the facts' order within each inbox.

    Every agency is everybody whose inbox something has come to before.

    Not repeat-safe by itself: the batch's own inbox drops facts that were seen before.
    """
    is_for_all = any(isinstance(fact, ForEveryAgency) for fact in facts)
    agencies = await deliveries.agencies(tx) if is_for_all else ()
    due = [delivery for fact in facts for delivery in deliveries_due(fact, agencies)]
    return await deliveries.put(tx, due)
