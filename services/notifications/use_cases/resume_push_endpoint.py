"""Tries a push endpoint again that the hub has given up, or for which it waits."""

from chassis.postgres import Transaction
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.adapters.postgres_push_endpoints import ListedEndpoint, PostgresPushEndpoints
from services.notifications.domain.push_endpoint import PushEndpointNotFound
from services.notifications.domain.recipient import Recipient


async def resume_push_endpoint(
    recipient: Recipient, tx: Transaction, endpoints: PostgresPushEndpoints, deliveries: PostgresDeliveries
) -> ListedEndpoint:
    """Begins anew from where it has come, with all patience; nothing is left out.

    Raises:
        PushEndpointNotFound: there is none.
    """
    marks = await deliveries.marks(tx, recipient.recipient_id)
    endpoint = await endpoints.lock(tx, recipient.recipient_id)
    if endpoint is None:
        raise PushEndpointNotFound
    tx.publish(endpoint.resume(await tx.now()))
    await endpoints.save(tx, endpoint)
    return ListedEndpoint(endpoint, marks.last_sequence)
