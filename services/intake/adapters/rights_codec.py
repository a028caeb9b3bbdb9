"""Facts of people's rights as messages of kem.disclosure.v1."""

from collections.abc import Callable
from typing import Any, Final

from kem.disclosure.v1 import disclosure_events_pb2 as disclosure
from services.intake.adapters.emergency_codec import Envelope
from services.intake.domain import rights_events as events


def _registered(fact: events.RightsRequestRegistered) -> Envelope:
    message = disclosure.RightsRequestRegistered(
        rights_request_id=str(fact.rights_request_id), agency_id=str(fact.agency_id)
    )
    message.due_time.FromDatetime(fact.due_time)
    return Envelope(fact.agency_id, fact.rights_request_id, 1, "rights_request_registered", message)


def _extended(fact: events.RightsRequestExtended) -> Envelope:
    message = disclosure.RightsRequestExtended(
        rights_request_id=str(fact.rights_request_id), agency_id=str(fact.agency_id)
    )
    message.due_time.FromDatetime(fact.due_time)
    return Envelope(fact.agency_id, fact.rights_request_id, fact.version, "rights_request_extended", message)


def _answered(fact: events.RightsRequestAnswered) -> Envelope:
    message = disclosure.RightsRequestAnswered(
        rights_request_id=str(fact.rights_request_id), agency_id=str(fact.agency_id)
    )
    return Envelope(fact.agency_id, fact.rights_request_id, fact.version, "rights_request_answered", message)


def _protection_decided(fact: events.RightsProtectionDecided) -> Envelope:
    message = disclosure.RightsProtectionDecided(
        rights_request_id=str(fact.rights_request_id), agency_id=str(fact.agency_id)
    )
    return Envelope(
        fact.agency_id, fact.rights_request_id, fact.version, "rights_protection_decided", message
    )


def _export_given(fact: events.RightsExportGiven) -> Envelope:
    message = disclosure.RightsExportGiven(
        disclosure_id=str(fact.disclosure_id),
        rights_request_id=str(fact.rights_request_id),
        agency_id=str(fact.agency_id),
    )
    return Envelope(fact.agency_id, fact.disclosure_id, 1, "rights_export_given", message)


def _erasure_done(fact: events.RightsErasureDone) -> Envelope:
    message = disclosure.RightsErasureDone(
        certificate_id=str(fact.certificate_id),
        rights_request_id=str(fact.rights_request_id),
        agency_id=str(fact.agency_id),
        sha256=fact.sha256,
    )
    return Envelope(fact.agency_id, fact.certificate_id, 1, "rights_erasure_done", message)


RIGHTS_ENVELOPES: Final[dict[type, Callable[[Any], Envelope]]] = {
    events.RightsRequestRegistered: _registered,
    events.RightsRequestExtended: _extended,
    events.RightsRequestAnswered: _answered,
    events.RightsProtectionDecided: _protection_decided,
    events.RightsExportGiven: _export_given,
    events.RightsErasureDone: _erasure_done,
}
