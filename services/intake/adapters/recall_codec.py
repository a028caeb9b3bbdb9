"""Facts of recalls as messages of kem.disclosure.v1."""

from collections.abc import Callable
from typing import Any, Final

from kem.disclosure.v1 import disclosure_events_pb2 as disclosure
from services.intake.adapters.emergency_codec import Envelope
from services.intake.domain import recall_events as events


def _opened(fact: events.RecallOpened) -> Envelope:
    message = disclosure.RecallOpened(
        recall_id=str(fact.recall_id),
        referral_id=str(fact.referral_id),
        agency_id=str(fact.agency_id),
        sender_agency_id=str(fact.sender_agency_id),
        cause=fact.cause,
        recalled_mask=fact.recalled_mask,
    )
    message.due_time.FromDatetime(fact.due_time)
    return Envelope(fact.agency_id, fact.recall_id, 1, "recall_opened", message)


def _acknowledged(fact: events.RecallAcknowledged) -> Envelope:
    message = disclosure.RecallAcknowledged(
        recall_id=str(fact.recall_id),
        referral_id=str(fact.referral_id),
        agency_id=str(fact.agency_id),
        sender_agency_id=str(fact.sender_agency_id),
        destroyed_mask=fact.destroyed_mask,
        kept_mask=fact.kept_mask,
        kept_ground=fact.kept_ground,
    )
    return Envelope(fact.agency_id, fact.recall_id, fact.version, "recall_acknowledged", message)


def _overdue(fact: events.RecallOverdue) -> Envelope:
    message = disclosure.RecallOverdue(
        recall_id=str(fact.recall_id),
        referral_id=str(fact.referral_id),
        agency_id=str(fact.agency_id),
        sender_agency_id=str(fact.sender_agency_id),
    )
    message.due_time.FromDatetime(fact.due_time)
    return Envelope(fact.agency_id, fact.recall_id, 2, "recall_overdue", message)


RECALL_ENVELOPES: Final[dict[type, Callable[[Any], Envelope]]] = {
    events.RecallOpened: _opened,
    events.RecallAcknowledged: _acknowledged,
    events.RecallOverdue: _overdue,
}
