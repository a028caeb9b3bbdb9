"""Facts of complaints as messages of kem.disclosure.v1."""

from collections.abc import Callable
from typing import Any, Final

from kem.disclosure.v1 import disclosure_events_pb2 as disclosure
from services.intake.adapters.emergency_codec import Envelope
from services.intake.domain import complaint_events as events


def _registered(fact: events.ComplaintRegistered) -> Envelope:
    message = disclosure.ComplaintRegistered(complaint_id=str(fact.complaint_id))
    message.due_time.FromDatetime(fact.due_time)
    return Envelope(fact.complaint_id, fact.complaint_id, 1, "complaint_registered", message)


def _answered(fact: events.ComplaintAnswered) -> Envelope:
    message = disclosure.ComplaintAnswered(complaint_id=str(fact.complaint_id))
    return Envelope(fact.complaint_id, fact.complaint_id, 2, "complaint_answered", message)


COMPLAINT_ENVELOPES: Final[dict[type, Callable[[Any], Envelope]]] = {
    events.ComplaintRegistered: _registered,
    events.ComplaintAnswered: _answered,
}
