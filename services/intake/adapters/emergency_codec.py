"""Facts of emergencies and of authorities as messages of kem.disclosure.v1."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple
from uuid import UUID

from google.protobuf.message import Message

from kem.disclosure.v1 import disclosure_events_pb2 as disclosure
from kernel.vocabulary import LegalBasis
from services.intake.domain import authority_events as authorities
from services.intake.domain import emergency_events as events


class Envelope(NamedTuple):
    """Where a fact goes, what it is counted by, and its field in the envelope."""

    key: UUID
    aggregate_id: UUID
    aggregate_version: int
    field: str
    message: Message


def _handover_recorded(fact: events.HandoverRecorded) -> Envelope:
    message = disclosure.HandoverRecorded(
        disclosure_id=str(fact.disclosure_id),
        referral_id=str(fact.referral_id),
        agency_id=str(fact.agency_id),
        given_mask=fact.given_mask,
        legal_basis=fact.legal_basis,
        taken=fact.is_taken,
        purpose=fact.purpose,
        consent_ids=map(str, fact.consent_ids),
        cell_ids=map(str, fact.cell_ids),
        agreement_version=fact.agreement_version,
    )
    message.happened_time.FromDatetime(fact.happened_time)
    return Envelope(fact.agency_id, fact.disclosure_id, 1, "handover_recorded", message)


def _emergency_reviewed(fact: events.EmergencyReviewed) -> Envelope:
    message = disclosure.EmergencyReviewed(
        subject_id=str(fact.subject_id),
        kind=fact.kind,
        agency_id=str(fact.agency_id),
        justified=fact.is_justified,
        referral_id=str(fact.referral_id),
    )
    return Envelope(fact.agency_id, fact.subject_id, fact.version, "emergency_reviewed", message)


def _access_requested(fact: events.EmergencyAccessRequested) -> Envelope:
    message = disclosure.EmergencyAccessRequested(
        emergency_access_id=str(fact.emergency_access_id),
        referral_id=str(fact.referral_id),
        agency_id=str(fact.agency_id),
        asked_mask=fact.asked_mask,
    )
    return Envelope(fact.agency_id, fact.emergency_access_id, 1, "emergency_access_requested", message)


def _access_decided(fact: events.EmergencyAccessDecided) -> Envelope:
    message = disclosure.EmergencyAccessDecided(
        emergency_access_id=str(fact.emergency_access_id),
        agency_id=str(fact.agency_id),
        authorised=fact.valid_until_time is not None,
        authorised_mask=fact.authorised_mask,
        referral_id=str(fact.referral_id),
    )
    if fact.valid_until_time is not None:
        message.valid_until_time.FromDatetime(fact.valid_until_time)
    return Envelope(fact.agency_id, fact.emergency_access_id, 2, "emergency_access_decided", message)


def _disclosure_given(fact: events.EmergencyDisclosureGiven) -> Envelope:
    message = disclosure.EmergencyDisclosureGiven(
        disclosure_id=str(fact.disclosure_id),
        emergency_access_id=str(fact.emergency_access_id),
        referral_id=str(fact.referral_id),
        agency_id=str(fact.agency_id),
        asked_mask=fact.asked_mask,
        given_mask=fact.given_mask,
        purpose=fact.purpose,
        legal_basis=LegalBasis.VITAL_INTEREST,
        agreement_version=fact.agreement_version,
    )
    return Envelope(fact.agency_id, fact.disclosure_id, 1, "emergency_disclosure_given", message)


def _authority_notified(fact: authorities.AuthorityNotified) -> Envelope:
    message = disclosure.AuthorityNotified(
        authority_notification_id=str(fact.authority_notification_id),
        agency_id=str(fact.agency_id),
        person_told=fact.is_person_told,
    )
    return Envelope(fact.agency_id, fact.authority_notification_id, 1, "authority_notified", message)


def _request_registered(fact: authorities.CompelledRequestRegistered) -> Envelope:
    message = disclosure.CompelledRequestRegistered(
        compelled_request_id=str(fact.compelled_request_id),
        agency_id=str(fact.agency_id),
        asked_mask=fact.asked_mask,
    )
    return Envelope(fact.agency_id, fact.compelled_request_id, 1, "compelled_request_registered", message)


def _request_decided(fact: authorities.CompelledRequestDecided) -> Envelope:
    message = disclosure.CompelledRequestDecided(
        compelled_request_id=str(fact.compelled_request_id),
        agency_id=str(fact.agency_id),
        allowed_mask=fact.allowed_mask,
        person_may_be_told=fact.may_be_told,
    )
    return Envelope(fact.agency_id, fact.compelled_request_id, 2, "compelled_request_decided", message)


def _telling_decided(fact: authorities.CompelledTellingDecided) -> Envelope:
    message = disclosure.CompelledTellingDecided(
        compelled_request_id=str(fact.compelled_request_id),
        agency_id=str(fact.agency_id),
        person_may_be_told=fact.may_be_told,
    )
    version = fact.sequence + 1  # the first one is told by the decision itself
    return Envelope(fact.agency_id, fact.compelled_request_id, version, "compelled_telling_decided", message)


def _compelled_given(fact: authorities.CompelledDisclosureGiven) -> Envelope:
    message = disclosure.CompelledDisclosureGiven(
        disclosure_id=str(fact.disclosure_id),
        compelled_request_id=str(fact.compelled_request_id),
        agency_id=str(fact.agency_id),
        given_mask=fact.given_mask,
        asked_mask=fact.asked_mask,
        legal_basis=LegalBasis.LEGAL_OBLIGATION,
    )
    return Envelope(fact.agency_id, fact.disclosure_id, 1, "compelled_disclosure_given", message)


EMERGENCY_ENVELOPES: Final[dict[type, Callable[[Any], Envelope]]] = {
    events.HandoverRecorded: _handover_recorded,
    events.EmergencyReviewed: _emergency_reviewed,
    events.EmergencyAccessRequested: _access_requested,
    events.EmergencyAccessDecided: _access_decided,
    events.EmergencyDisclosureGiven: _disclosure_given,
    authorities.AuthorityNotified: _authority_notified,
    authorities.CompelledRequestRegistered: _request_registered,
    authorities.CompelledRequestDecided: _request_decided,
    authorities.CompelledTellingDecided: _telling_decided,
    authorities.CompelledDisclosureGiven: _compelled_given,
}
