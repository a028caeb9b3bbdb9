"""Until when something waits for officers, as kem.disclosure.v1 tells it."""

from datetime import UTC
from typing import Any, Final
from uuid import UUID

from google.protobuf.message import DecodeError

from chassis import topics
from chassis.batch_reader import MALFORMED, PoisonEvent, known_fact
from chassis.events import IncomingEvent
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel.time import utc
from services.notifications.domain.deadline import DeadlineFact, Subject

_GIVES: Final = {
    "rights_request_registered": Subject.RIGHTS_REQUEST,
    "rights_request_extended": Subject.RIGHTS_REQUEST,
    "complaint_registered": Subject.COMPLAINT,
}
_ENDS: Final = {
    "rights_request_answered": Subject.RIGHTS_REQUEST,
    "complaint_answered": Subject.COMPLAINT,
}
_IDS: Final = {Subject.RIGHTS_REQUEST: "rights_request_id", Subject.COMPLAINT: "complaint_id"}


def read_deadline(event: IncomingEvent) -> DeadlineFact | None:
    """The deadline that an event gives or ends; None where it says nothing of one.

    Raises:
        PoisonEvent: the bytes are no such event.
        NewerThanReader: a fact that this version does not know.
    """
    if event.topic != topics.DISCLOSURE:
        return None
    try:
        envelope = DisclosureEvent()
        envelope.ParseFromString(event.payload)
        name = known_fact(event.event_id, envelope)
        subject = _GIVES.get(name) or _ENDS.get(name)
        if subject is None:
            return None
        fact: Any = getattr(envelope, name)
        due_time = utc(fact.due_time.ToDatetime(tzinfo=UTC)) if name in _GIVES else None
        return DeadlineFact(subject, UUID(getattr(fact, _IDS[subject])), due_time, event.event_time)
    except (DecodeError, ValueError):
        raise PoisonEvent(event.event_id, MALFORMED) from None
