"""Says where the deliveries of an inbox are pushed."""

from chassis.postgres import Transaction
from kernel.errors import Conflict
from kernel.ids import random_id
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.adapters.postgres_push_endpoints import ListedEndpoint, PostgresPushEndpoints
from services.notifications.domain.push_address import PushAddress
from services.notifications.domain.push_endpoint import PushEndpoint
from services.notifications.domain.recipient import Recipient


async def set_push_endpoint(
    recipient: Recipient,
    address: PushAddress,
    authorities: str | None,
    tx: Transaction,
    endpoints: PostgresPushEndpoints,
    deliveries: PostgresDeliveries,
) -> ListedEndpoint:
    """Sets a new endpoint, or moves the one that is there, which goes on from where it has come.

    A new one begins with the first delivery that nobody has acknowledged. A push under way to the old address
    counts no more; what it brought comes again at the new one. The address was checked by the caller.

    Raises:
        Conflict: somebody else set one at the same moment.
    """
    marks = await deliveries.marks(tx, recipient.recipient_id)
    endpoint = await endpoints.lock(tx, recipient.recipient_id)
    now = await tx.now()
    if endpoint is not None:
        tx.publish(endpoint.move(str(address), authorities, now))
        await endpoints.save(tx, endpoint)
        return ListedEndpoint(endpoint, marks.last_sequence)
    endpoint = PushEndpoint(
        endpoint_id=random_id(),
        recipient=recipient,
        address=str(address),
        authorities=authorities,
        pushed_sequence=marks.acknowledged_sequence,
        next_try_time=now,
    )
    tx.publish(endpoint.move(str(address), authorities, now))
    if not await endpoints.add(tx, endpoint):
        raise Conflict("Somebody has just set an endpoint for that inbox; look at it first.")
    return ListedEndpoint(endpoint, marks.last_sequence)
