"""Bytes of the facts about receipts."""

from collections.abc import Callable
from typing import Any, Final

from kem.intake.v1 import intake_events_pb2 as intake
from services.intake.adapters.emergency_codec import Envelope
from services.intake.domain import receipt_events as events


def _issued(fact: events.ReceiptIssued) -> Envelope:
    message = intake.ReceiptIssued(receipt_id=str(fact.receipt_id), beneficiary_id=str(fact.beneficiary_id))
    return Envelope(fact.beneficiary_id, fact.receipt_id, 1, "receipt_issued", message)


def _revoked(fact: events.ReceiptRevoked) -> Envelope:
    message = intake.ReceiptRevoked(receipt_id=str(fact.receipt_id), beneficiary_id=str(fact.beneficiary_id))
    return Envelope(fact.beneficiary_id, fact.receipt_id, 2, "receipt_revoked", message)


RECEIPT_ENVELOPES: Final[dict[type, Callable[[Any], Envelope]]] = {
    events.ReceiptIssued: _issued,
    events.ReceiptRevoked: _revoked,
}
