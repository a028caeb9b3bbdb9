"""Facts about referrals as they come from the broker, for tests of whoever reads them."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from google.protobuf.message import Message

from chassis import topics
from chassis.events import IncomingEvent, OutgoingEvent
from kem.common.v1 import common_pb2
from kem.referral.v1 import referral_events_pb2 as facts
from kernel.ids import derived_id, ordered_id

SENDER = derived_id("test", "sender")
"""The agency whose desk sent the referrals."""

AGENCY = derived_id("test", "agency")
"""The agency that is asked."""

A_TIME = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def offered(agency_id: UUID = AGENCY, offer_id: UUID | None = None) -> facts.ReferralOffered:
    """A provider was asked."""
    message = facts.ReferralOffered(
        offer_id=str(offer_id or uuid4()),
        agency_id=str(agency_id),
        service_id=str(uuid4()),
        urgency=common_pb2.URGENCY_URGENT,
        offer_number=1,
    )
    message.respond_by_time.FromDatetime(datetime(2026, 3, 3, 9, 30, tzinfo=UTC))
    return message


def fact_names() -> dict[str, str]:
    """The member of the oneof for each fact's name."""
    oneof = facts.ReferralEvent.DESCRIPTOR.oneofs_by_name["fact"]
    return {field.message_type.name: field.name for field in oneof.fields if field.message_type}


def outgoing(
    fact: Message,
    *,
    sender: UUID = SENDER,
    referral_id: UUID | None = None,
    event_time: datetime = A_TIME,
    version: int = 1,
) -> OutgoingEvent:
    """The fact as the referral service would put it into its outbox."""
    referral = referral_id or uuid4()
    event_id = ordered_id()
    name = fact.DESCRIPTOR.name
    envelope = facts.ReferralEvent(
        event_id=str(event_id),
        aggregate_id=str(referral),
        aggregate_version=version,
        referral_id=str(referral),
        sender_agency_id=str(sender),
        policy_version="1",
    )
    envelope.event_time.FromDatetime(event_time)
    getattr(envelope, fact_names()[name]).CopyFrom(fact)
    return OutgoingEvent(
        event_id=event_id,
        topic=topics.REFERRAL,
        key=referral,
        aggregate_id=referral,
        aggregate_version=version,
        type=name,
        event_time=event_time,
        payload=envelope.SerializeToString(),
    )


def incoming(
    fact: Message,
    *,
    sender: UUID = SENDER,
    referral_id: UUID | None = None,
    position: int = 1,
    partition: int = 0,
) -> IncomingEvent:
    """The fact as a stream hands it to its reader."""
    event = outgoing(fact, sender=sender, referral_id=referral_id)
    return received(event, "referral", position, partition)


def received(event: OutgoingEvent, source: str, position: int = 1, partition: int = 0) -> IncomingEvent:
    """What a service has told, as a stream hands it to its reader."""
    return IncomingEvent(
        event_id=event.event_id,
        topic=event.topic,
        partition=partition,
        offset=position,
        position=position,
        key=str(event.key).encode(),
        type=event.type,
        event_time=event.event_time,
        traceparent=None,
        payload=event.payload,
        source=source,
    )


def as_if_newer(event: IncomingEvent) -> IncomingEvent:
    """The same event with a fact that this version does not know."""
    envelope = facts.ReferralEvent.FromString(event.payload)
    envelope.ClearField("fact")
    return replace(event, payload=envelope.SerializeToString() + b"\xfa\x3f\x00")
