"""Ends the pushing of an inbox's deliveries; they stay in the inbox."""

from chassis.postgres import Transaction
from services.notifications.adapters.postgres_push_endpoints import PostgresPushEndpoints
from services.notifications.domain.push_endpoint import PushEndpointNotFound
from services.notifications.domain.recipient import Recipient


async def remove_push_endpoint(
    recipient: Recipient, tx: Transaction, endpoints: PostgresPushEndpoints
) -> int:
    """Removes it; answers up to where everything had been pushed. A push under way counts no more.

    Raises:
        PushEndpointNotFound: there is none.
    """
    endpoint = await endpoints.lock(tx, recipient.recipient_id)
    if endpoint is None:
        raise PushEndpointNotFound
    tx.publish(endpoint.remove())
    await endpoints.delete(tx, recipient.recipient_id)
    return endpoint.pushed_sequence
