"""What the ledger says of itself as the bytes of topic kem.audit.v1."""

from datetime import datetime
from typing import Final
from uuid import UUID

from chassis import topics
from chassis.actor import actor_of
from chassis.caller import Caller
from chassis.events import OutgoingEvent
from kem.audit.v1.audit_events_pb2 import AuditEvent
from kernel.ids import derived_id, ordered_id
from services.audit.domain.facts import CheckpointGiven, SigningKeyBegun

POLICY_VERSION: Final = "1"


def encode_event(event: object, caller: Caller, now: datetime, event_id: UUID | None = None) -> OutgoingEvent:
    """A domain event as an outgoing one; the same arguments give the same bytes.

    Raises:
        TypeError: not an event of this service.
    """
    event_id = event_id or ordered_id()
    envelope = AuditEvent(event_id=str(event_id), actor=actor_of(caller), policy_version=POLICY_VERSION)
    match event:
        case CheckpointGiven():
            ledger = aggregate_id = derived_id("ledger", event.origin)
            version = event.number
            envelope.checkpoint_given.size = event.size
            envelope.checkpoint_given.note = event.note
        case SigningKeyBegun():
            ledger = derived_id("ledger", event.origin)
            aggregate_id, version = derived_id("ledger key", event.verifier_key), 1
            envelope.signing_key_begun.verifier_key = event.verifier_key
        case _:
            raise TypeError(f"audit has no event for a {type(event).__name__}")
    envelope.aggregate_id, envelope.aggregate_version = str(aggregate_id), version
    envelope.event_time.FromDatetime(now)
    return OutgoingEvent(
        event_id=event_id,
        topic=topics.AUDIT,
        key=ledger,
        aggregate_id=aggregate_id,
        aggregate_version=version,
        type=type(event).__name__,
        event_time=now,
        payload=envelope.SerializeToString(deterministic=True),
    )
