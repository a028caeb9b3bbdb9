"""What an event says, as this service understands it: of referrals, of recalls, of what waits for officers,
and of the ledger.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from google.protobuf.message import DecodeError, Message

from chassis import topics
from chassis.batch_reader import MALFORMED, PoisonEvent, known_fact
from chassis.events import IncomingEvent
from kem.audit.v1.audit_events_pb2 import AuditEvent
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kem.referral.v1.referral_events_pb2 import ReferralEvent
from kernel.ids import AgencyId, EventId, OfferId, ReferralId, ServiceId
from kernel.time import utc
from kernel.vocabulary import Urgency
from services.notifications.adapters.delivery_messages import URGENCIES
from services.notifications.domain.audience import (
    AUDIENCES,
    Fact,
    ForEveryAgency,
    ForOfficers,
    ReferralFact,
)
from services.notifications.domain.delivery import Sign

_RECALLS: Final = frozenset({"RecallOpened", "RecallOverdue", "RecallAcknowledged"})
_VITAL_INTEREST: Final = "VITAL_INTEREST"


def read_fact(event: IncomingEvent) -> Fact | None:
    """The fact that an event tells; None where it is delivered to nobody.

    Raises:
        PoisonEvent: the bytes are no such event.
        NewerThanReader: a fact that this version does not know.
    """
    try:
        return _READERS[event.topic](event)
    except (DecodeError, ValueError):
        raise PoisonEvent(event.event_id, MALFORMED) from None


def _referral_fact(event: IncomingEvent) -> ReferralFact:
    """The facts name what they share alike (offer_id, agency_id, service_id, urgency, respond_by_time), so
    they are read by name.
    """
    envelope = ReferralEvent()
    envelope.ParseFromString(event.payload)
    message: Message = getattr(envelope, known_fact(event.event_id, envelope))
    offer_id = _text(message, "offer_id")
    agency_id = _text(message, "agency_id")
    service_id = _text(message, "service_id")
    sign = Sign(
        kind=message.DESCRIPTOR.name,
        event_id=EventId(event.event_id),
        event_time=event.event_time,
        referral_id=ReferralId(UUID(envelope.referral_id)),
        offer_id=OfferId(UUID(offer_id)) if offer_id else None,
        service_id=ServiceId(UUID(service_id)) if service_id else None,
        urgency=URGENCIES.get(_value(message, "urgency", 0)) if offer_id else None,
        respond_by_time=_time(message, "respond_by_time"),
    )
    return ReferralFact(
        sign=sign,
        sender_agency_id=AgencyId(UUID(envelope.sender_agency_id)),
        agency_id=AgencyId(UUID(agency_id)) if agency_id else None,
    )


def _disclosure_fact(event: IncomingEvent) -> ReferralFact | ForOfficers | None:
    envelope = DisclosureEvent()
    envelope.ParseFromString(event.payload)
    message: Any = getattr(envelope, known_fact(event.event_id, envelope))
    kind: str = message.DESCRIPTOR.name
    if kind in _RECALLS:
        return _recall_fact(event, kind, message)
    return _officers_fact(event, kind, message) if kind in AUDIENCES else None


def _officers_fact(event: IncomingEvent, kind: str, message: Any) -> ForOfficers | None:
    """Of what officers must decide, review or answer only that there is something.

    Where nothing was allowed, or consent covered what was told by telephone, nothing is to be reviewed.
    """
    if kind == "EmergencyAccessDecided" and not message.authorised:
        return None
    if kind == "HandoverRecorded" and message.legal_basis != _VITAL_INTEREST:
        return None
    urgency = Urgency.EMERGENCY if kind == "EmergencyAccessRequested" else None
    return ForOfficers(Sign(kind, EventId(event.event_id), event.event_time, urgency=urgency))


def _recall_fact(event: IncomingEvent, kind: str, message: Any) -> ReferralFact:
    """Of a recall only whom it concerns, for which referral, and until when it is to be answered."""
    sign = Sign(
        kind=kind,
        event_id=EventId(event.event_id),
        event_time=event.event_time,
        referral_id=ReferralId(UUID(message.referral_id)),
        respond_by_time=None
        if kind == "RecallAcknowledged"
        else utc(message.due_time.ToDatetime(tzinfo=UTC)),
    )
    return ReferralFact(sign, AgencyId(UUID(message.sender_agency_id)), AgencyId(UUID(message.agency_id)))


def _checkpoint(event: IncomingEvent) -> ForEveryAgency | None:
    envelope = AuditEvent()
    envelope.ParseFromString(event.payload)
    if known_fact(event.event_id, envelope) != "checkpoint_given":
        return None
    note = envelope.checkpoint_given.note
    kind = envelope.checkpoint_given.DESCRIPTOR.name
    return ForEveryAgency(Sign(kind, EventId(event.event_id), event.event_time, checkpoint_note=note))


_READERS: Final[dict[str, Callable[[IncomingEvent], Fact | None]]] = {
    topics.REFERRAL: _referral_fact,
    topics.DISCLOSURE: _disclosure_fact,
    topics.AUDIT: _checkpoint,
}


@cache
def _fields(kind: str) -> frozenset[str]:
    facts = ReferralEvent.DESCRIPTOR.oneofs_by_name["fact"].fields
    return frozenset(
        field.name for fact in facts if (of := fact.message_type) and of.name == kind for field in of.fields
    )


def _value(message: Message, name: str, absent: Any) -> Any:
    return getattr(message, name) if name in _fields(message.DESCRIPTOR.name) else absent


def _text(message: Message, name: str) -> str:
    return str(_value(message, name, ""))


def _time(message: Message, name: str) -> datetime | None:
    if name in _fields(message.DESCRIPTOR.name) and message.HasField(name):
        return utc(getattr(message, name).ToDatetime(tzinfo=UTC))
    return None
