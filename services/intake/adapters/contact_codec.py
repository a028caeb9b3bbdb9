"""That somebody tried to reach a person, as a message of kem.intake.v1."""

from collections.abc import Callable
from typing import Any, Final

from kem.intake.v1 import intake_events_pb2 as intake
from services.intake.adapters.emergency_codec import Envelope
from services.intake.domain.contact_events import ContactAttempted


def _attempted(fact: ContactAttempted) -> Envelope:
    message = intake.ContactAttempted(
        contact_attempt_id=str(fact.contact_attempt_id),
        beneficiary_id=str(fact.beneficiary_id),
        referral_id=str(fact.referral_id) if fact.referral_id else None,
        agency_id=str(fact.agency_id),
        by_holder=fact.by_holder,
        reached=fact.is_reached,
        by_safe_channel=fact.by_safe_channel,
    )
    message.happened_time.FromDatetime(fact.happened_time)
    return Envelope(fact.beneficiary_id, fact.contact_attempt_id, 1, "contact_attempted", message)


CONTACT_ENVELOPES: Final[dict[type, Callable[[Any], Envelope]]] = {ContactAttempted: _attempted}
