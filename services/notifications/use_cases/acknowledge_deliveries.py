"""Takes a client's word that everything up to a sequence has arrived."""

from typing import Final

from chassis.caller import Caller
from chassis.postgres import Database, Transaction
from kernel.ids import RecipientId
from services.notifications.adapters.postgres_acknowledgements import PostgresAcknowledgements
from services.notifications.domain.acknowledgement import DeliveriesAcknowledged, require_known
from services.notifications.domain.recipient import Inbox, Recipient
from services.notifications.use_cases.open_inbox import open_inbox

MOST_OFFERS: Final = 1_000
"""Of one fact: 38 bytes each, and an event must stay below 64 KiB."""


async def acknowledge_deliveries(
    inbox: Inbox,
    up_to_sequence: int,
    caller: Caller,
    database: Database,
    acknowledgements: PostgresAcknowledgements,
) -> int:
    """Acknowledges everything up to a sequence; answers how far is acknowledged now.

    Repeat-safe: what was acknowledged before changes nothing and tells nobody. A client that comes back with
    very many new offers is taken at its word in several commits, each with a fact of its own.

    Raises:
        SequenceNotKnown: the inbox ends before it.
        NotPermitted: not the caller's inbox.
    """
    recipient = open_inbox(inbox, caller)
    while True:
        async with database.transaction(caller) as tx:
            acknowledged = await acknowledge_once(recipient, up_to_sequence, tx, acknowledgements)
        if acknowledged >= up_to_sequence:
            return acknowledged


async def acknowledge_once(
    recipient: Recipient, up_to: int, tx: Transaction, acknowledgements: PostgresAcknowledgements
) -> int:
    """Acknowledges as much as one fact can tell; answers how far is acknowledged then. Repeat-safe.

    Raises:
        SequenceNotKnown: the inbox ends before `up_to`.
    """
    recipient_id: RecipientId = recipient.recipient_id
    locked = await acknowledgements.lock(tx, recipient_id)
    require_known(up_to, locked.marks.last_sequence)
    before = locked.marks.acknowledged_sequence
    if up_to <= before:
        return before
    offers = []
    if recipient.inbox is Inbox.AGENCY:
        offers = await acknowledgements.offers(tx, recipient_id, before, up_to, MOST_OFFERS + 1)
    if len(offers) > MOST_OFFERS:
        up_to = offers[MOST_OFFERS][0] - 1
        offers = offers[:MOST_OFFERS]
    await acknowledgements.advance(tx, recipient_id, up_to)
    tx.publish(
        DeliveriesAcknowledged(
            recipient_id=recipient_id,
            from_sequence=before + 1,
            to_sequence=up_to,
            offer_ids=tuple(offer_id for _, offer_id in offers),
            recipient_version=locked.version + 1,
        )
    )
    return up_to
