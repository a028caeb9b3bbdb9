"""Domain events as the bytes of topic kem.notifications.v1."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis import topics
from chassis.actor import actor_of
from chassis.caller import Caller
from chassis.events import OutgoingEvent
from kem.notifications.v1 import notifications_events_pb2 as messages
from kernel.ids import RecipientId, ordered_id
from services.notifications.domain.acknowledgement import DeliveriesAcknowledged
from services.notifications.domain.push_endpoint import (
    PushEndpoint,
    PushEndpointRemoved,
    PushEndpointSet,
    PushGivenUp,
    PushResumed,
)

POLICY_VERSION: Final = "1"


def encode_event(event: object, caller: Caller, now: datetime, event_id: UUID | None = None) -> OutgoingEvent:
    """A domain event as an outgoing one; the same arguments give the same bytes.

    Raises:
        TypeError: not an event of this service.
    """
    event_id = event_id or ordered_id()
    envelope = messages.NotificationsEvent(
        event_id=str(event_id), actor=actor_of(caller), policy_version=POLICY_VERSION
    )
    recipient_id, aggregate_id, version = _fill(envelope, event)
    envelope.aggregate_id, envelope.aggregate_version = str(aggregate_id), version
    envelope.event_time.FromDatetime(now)
    return OutgoingEvent(
        event_id=event_id,
        topic=topics.NOTIFICATIONS,
        key=recipient_id,
        aggregate_id=aggregate_id,
        aggregate_version=version,
        type=type(event).__name__,
        event_time=now,
        payload=envelope.SerializeToString(deterministic=True),
    )


def _fill(envelope: messages.NotificationsEvent, event: object) -> tuple[RecipientId, UUID, int]:
    """Puts the fact in; answers the recipient, and what it is about with the version of that."""
    match event:
        case DeliveriesAcknowledged():
            envelope.deliveries_acknowledged.recipient_id = str(event.recipient_id)
            envelope.deliveries_acknowledged.from_sequence = event.from_sequence
            envelope.deliveries_acknowledged.to_sequence = event.to_sequence
            envelope.deliveries_acknowledged.offer_ids.extend(map(str, event.offer_ids))
            return event.recipient_id, event.recipient_id, event.recipient_version
        case PushEndpointSet(endpoint):
            _fill_endpoint(envelope.push_endpoint_set, endpoint)
        case PushEndpointRemoved(endpoint):
            _fill_endpoint(envelope.push_endpoint_removed, endpoint)
        case PushGivenUp(endpoint):
            _fill_endpoint(envelope.push_given_up, endpoint)
            envelope.push_given_up.failure = endpoint.failure or ""
        case PushResumed(endpoint):
            _fill_endpoint(envelope.push_resumed, endpoint)
        case _:
            raise TypeError(f"notifications has no event for a {type(event).__name__}")
    return endpoint.recipient.recipient_id, endpoint.endpoint_id, endpoint.version


def _fill_endpoint(message: Any, endpoint: PushEndpoint) -> None:
    message.recipient_id = str(endpoint.recipient.recipient_id)
    message.agency_id = str(endpoint.recipient.agency_id)
    message.pushed_sequence = endpoint.pushed_sequence
