"""Domain events as the bytes of topic kem.notifications.v1."""

from datetime import datetime
from typing import Final
from uuid import UUID

from chassis import topics
from chassis.actor import actor_of
from chassis.caller import Caller
from chassis.events import OutgoingEvent
from kem.notifications.v1.notifications_events_pb2 import DeliveriesAcknowledged as AcknowledgedMessage
from kem.notifications.v1.notifications_events_pb2 import NotificationsEvent
from kernel.ids import ordered_id
from services.notifications.domain.acknowledgement import DeliveriesAcknowledged

POLICY_VERSION: Final = "1"


def encode_event(event: object, caller: Caller, now: datetime, event_id: UUID | None = None) -> OutgoingEvent:
    """A domain event as an outgoing one; the same arguments give the same bytes.

    Raises:
        TypeError: not an event of this service.
    """
    if not isinstance(event, DeliveriesAcknowledged):
        raise TypeError(f"notifications has no event for a {type(event).__name__}")
    event_id = event_id or ordered_id()
    envelope = NotificationsEvent(
        event_id=str(event_id),
        aggregate_id=str(event.recipient_id),
        aggregate_version=event.recipient_version,
        actor=actor_of(caller),
        policy_version=POLICY_VERSION,
        deliveries_acknowledged=AcknowledgedMessage(
            recipient_id=str(event.recipient_id),
            from_sequence=event.from_sequence,
            to_sequence=event.to_sequence,
            offer_ids=[str(offer_id) for offer_id in event.offer_ids],
        ),
    )
    envelope.event_time.FromDatetime(now)
    return OutgoingEvent(
        event_id=event_id,
        topic=topics.NOTIFICATIONS,
        key=event.recipient_id,
        aggregate_id=event.recipient_id,
        aggregate_version=event.recipient_version,
        type="DeliveriesAcknowledged",
        event_time=now,
        payload=envelope.SerializeToString(deterministic=True),
    )
