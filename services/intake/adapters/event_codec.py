"""Bytes of intake's facts: the two envelopes, kem.intake.v1 and kem.disclosure.v1."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from google.protobuf.message import Message

from chassis import topics
from chassis.actor import actor_of
from chassis.caller import Caller
from chassis.events import OutgoingEvent
from kem.common.v1 import common_pb2
from kem.disclosure.v1 import disclosure_events_pb2 as disclosure
from kem.intake.v1 import beneficiary_pb2, need_pb2
from kem.intake.v1 import intake_events_pb2 as intake
from kernel.ids import derived_id, ordered_id
from services.intake.adapters.complaint_codec import COMPLAINT_ENVELOPES
from services.intake.adapters.contact_codec import CONTACT_ENVELOPES
from services.intake.adapters.emergency_codec import EMERGENCY_ENVELOPES
from services.intake.adapters.emergency_codec import Envelope as _Envelope
from services.intake.adapters.recall_codec import RECALL_ENVELOPES
from services.intake.adapters.receipt_codec import RECEIPT_ENVELOPES
from services.intake.adapters.retention_codec import RETENTION_ENVELOPES
from services.intake.adapters.rights_codec import RIGHTS_ENVELOPES
from services.intake.domain import consent_policy_events as policy
from services.intake.domain import events, key_events
from services.intake.domain.contact_events import ContactAttempted
from services.intake.domain.receipt_events import ReceiptFact

POLICY_VERSION: Final = "1"


def encode(event: object, caller: Caller, now: datetime, event_id: UUID | None = None) -> OutgoingEvent:
    """The fact as an outgoing event; the same arguments give the same bytes.

    Raises:
        TypeError: not a fact of intake.
    """
    to_envelope = _ENVELOPES.get(type(event))
    if to_envelope is None:
        raise TypeError(f"{type(event).__name__} is not a fact of intake")
    parts = to_envelope(event)
    event_id = event_id or ordered_id()
    is_intake = isinstance(
        event, events.IntakeFact | ReceiptFact | ContactAttempted | key_events.KeyEpochDestroyed
    )
    envelope = (intake.IntakeEvent if is_intake else disclosure.DisclosureEvent)(
        event_id=str(event_id),
        aggregate_id=str(parts.aggregate_id),
        aggregate_version=parts.aggregate_version,
        actor=actor_of(caller),
        policy_version=POLICY_VERSION,
    )
    envelope.event_time.FromDatetime(now)
    request_id = getattr(event, "request_id", None)
    if request_id is not None:
        envelope.causation_id = str(request_id)
    getattr(envelope, parts.field).CopyFrom(parts.message)
    return OutgoingEvent(
        event_id=event_id,
        topic=topics.INTAKE if is_intake else topics.DISCLOSURE,
        key=parts.key,
        aggregate_id=parts.aggregate_id,
        aggregate_version=parts.aggregate_version,
        type=type(event).__name__,
        event_time=now,
        payload=envelope.SerializeToString(deterministic=True),
    )


def _beneficiary_registered(fact: events.BeneficiaryRegistered) -> _Envelope:
    message = intake.BeneficiaryRegistered(
        beneficiary_id=str(fact.beneficiary_id),
        registered_by_agency_id=str(fact.registered_by_agency_id),
        origin=beneficiary_pb2.Origin.Value(f"ORIGIN_{fact.origin}"),
    )
    return _Envelope(fact.beneficiary_id, fact.beneficiary_id, 1, "beneficiary_registered", message)


def _beneficiary_updated(fact: events.BeneficiaryUpdated) -> _Envelope:
    message = intake.BeneficiaryUpdated(beneficiary_id=str(fact.beneficiary_id))
    return _Envelope(fact.beneficiary_id, fact.beneficiary_id, fact.version, "beneficiary_updated", message)


def _profile_changed(fact: events.ProfileChanged) -> _Envelope:
    message = intake.ProfileChanged(
        beneficiary_id=str(fact.beneficiary_id), profile_version=fact.profile_version
    )
    # the profile changes without the person's data (consent), so it is counted by itself
    aggregate_id = derived_id("profile", str(fact.beneficiary_id))
    return _Envelope(fact.beneficiary_id, aggregate_id, fact.profile_version, "profile_changed", message)


def _consent_recorded(fact: events.ConsentRecorded) -> _Envelope:
    message = intake.ConsentRecorded(
        consent_id=str(fact.consent_id),
        beneficiary_id=str(fact.beneficiary_id),
        agency_ids=[str(agency_id) for agency_id in fact.agency_ids],
        notice_version=fact.notice_version,
    )
    message.valid_until_time.FromDatetime(fact.valid_until_time)
    return _consent(fact.beneficiary_id, fact.version, "consent_recorded", message)


def _consent_withdrawn(fact: events.ConsentWithdrawn) -> _Envelope:
    message = intake.ConsentWithdrawn(
        beneficiary_id=str(fact.beneficiary_id),
        agency_id=str(fact.agency_id) if fact.agency_id else None,
        consent_ids=[str(consent_id) for consent_id in fact.consent_ids],
    )
    if fact.happened_time is not None:
        message.happened_time.FromDatetime(fact.happened_time)
    return _consent(fact.beneficiary_id, fact.version, "consent_withdrawn", message)


def _consent_state_recorded(fact: events.ConsentStateRecorded) -> _Envelope:
    message = intake.ConsentStateRecorded(
        beneficiary_id=str(fact.beneficiary_id),
        state=fact.state,
        consent_id=str(fact.consent_id) if fact.consent_id else None,
        agency_id=str(fact.agency_id) if fact.agency_id else None,
    )
    return _consent(fact.beneficiary_id, fact.version, "consent_state_recorded", message)


def _consent_frozen(fact: events.ConsentFrozen) -> _Envelope:
    message = intake.ConsentFrozen(beneficiary_id=str(fact.beneficiary_id))
    return _Envelope(fact.beneficiary_id, fact.consent_freeze_id, 1, "consent_frozen", message)


def _consent_freeze_lifted(fact: events.ConsentFreezeLifted) -> _Envelope:
    message = intake.ConsentFreezeLifted(beneficiary_id=str(fact.beneficiary_id))
    return _Envelope(fact.beneficiary_id, fact.consent_freeze_id, 2, "consent_freeze_lifted", message)


def _consent(beneficiary_id: UUID, version: int, field: str, message: Message) -> _Envelope:
    """One withdrawal touches many records, so all consent of a person is counted together."""
    return _Envelope(beneficiary_id, derived_id("consent", str(beneficiary_id)), version, field, message)


def _need_recorded(fact: events.NeedRecorded) -> _Envelope:
    continues = fact.continues_referral_id
    message = intake.NeedRecorded(
        need_id=str(fact.need_id),
        referral_id=str(fact.referral_id),
        beneficiary_id=str(fact.beneficiary_id),
        urgency=common_pb2.Urgency.Value(f"URGENCY_{fact.urgency}"),
        routing=need_pb2.Routing.Value(f"ROUTING_{fact.routing}"),
        origin=beneficiary_pb2.Origin.Value(f"ORIGIN_{fact.origin}"),
        sender_agency_id=str(fact.sender_agency_id),
        continues_referral_id=str(continues) if continues else None,
    )
    message.happened_time.FromDatetime(fact.happened_time)
    message.recorded_time.FromDatetime(fact.recorded_time)
    return _Envelope(fact.beneficiary_id, fact.need_id, 1, "need_recorded", message)


def _need_withdrawn(fact: events.NeedWithdrawn) -> _Envelope:
    message = intake.NeedWithdrawn(
        need_id=str(fact.need_id), referral_id=str(fact.referral_id), reason=fact.reason
    )
    return _Envelope(fact.beneficiary_id, fact.need_id, 2, "need_withdrawn", message)


def _beneficiaries_merged(fact: events.BeneficiariesMerged) -> _Envelope:
    message = intake.BeneficiariesMerged(
        merged_beneficiary_id=str(fact.merged_beneficiary_id),
        kept_beneficiary_id=str(fact.kept_beneficiary_id),
    )
    return _Envelope(fact.merged_beneficiary_id, fact.merge_id, 1, "beneficiaries_merged", message)


def _beneficiaries_unmerged(fact: events.BeneficiariesUnmerged) -> _Envelope:
    message = intake.BeneficiariesUnmerged(
        merged_beneficiary_id=str(fact.merged_beneficiary_id),
        kept_beneficiary_id=str(fact.kept_beneficiary_id),
    )
    return _Envelope(fact.merged_beneficiary_id, fact.merge_id, 2, "beneficiaries_unmerged", message)


def _agreement_changed(fact: events.AgreementChanged) -> _Envelope:
    message = disclosure.AgreementChanged(agency_id=str(fact.agency_id))
    message.valid_from_time.FromDatetime(fact.valid_from_time)
    message.valid_until_time.FromDatetime(fact.valid_until_time)
    aggregate_id = derived_id("agreement", str(fact.agency_id))
    return _Envelope(fact.agency_id, aggregate_id, fact.version, "agreement_changed", message)


def _disclosure_given(fact: events.DisclosureGiven) -> _Envelope:
    message = disclosure.DisclosureGiven(
        disclosure_id=str(fact.disclosure_id),
        referral_id=str(fact.referral_id),
        agency_id=str(fact.agency_id),
        asked_mask=fact.asked_mask,
        given_mask=fact.given_mask,
        purpose=fact.purpose,
        legal_bases=fact.legal_bases,
        consent_ids=map(str, fact.consent_ids),
        cell_ids=map(str, fact.cell_ids),
        agreement_version=fact.agreement_version,
    )
    return _Envelope(fact.agency_id, fact.disclosure_id, 1, "disclosure_given", message)


def _disclosure_refused(fact: events.DisclosureRefused) -> _Envelope:
    message = disclosure.DisclosureRefused(
        disclosure_id=str(fact.disclosure_id),
        referral_id=str(fact.referral_id),
        agency_id=str(fact.agency_id),
        reason=fact.reason,
        asked_mask=fact.asked_mask,
    )
    return _Envelope(fact.agency_id, fact.disclosure_id, 1, "disclosure_refused", message)


def _notice_published(fact: policy.NoticePublished) -> _Envelope:
    texts = [disclosure.PublishedText(language=language, sha256=sha.hex()) for language, sha in fact.hashes]
    message = disclosure.NoticePublished(notice_version=fact.version, texts=texts)
    notice_id = derived_id("notice", fact.version)
    return _Envelope(notice_id, notice_id, 1, "notice_published", message)


def _age_rules_saved(fact: policy.AgeRulesSaved) -> _Envelope:
    message = disclosure.AgeRulesSaved(rules_version=fact.rules_version)
    rules_id = derived_id("age rules")
    # version 1 came with the migration, and nobody was told
    return _Envelope(rules_id, rules_id, fact.rules_version - 1, "age_rules_saved", message)


def _key_epoch_destroyed(fact: key_events.KeyEpochDestroyed) -> _Envelope:
    message = intake.KeyEpochDestroyed(epoch=fact.epoch)
    keys_id = derived_id("vault keys")
    return _Envelope(keys_id, keys_id, fact.epoch, "key_epoch_destroyed", message)


_ENVELOPES: Final[dict[type, Callable[[Any], _Envelope]]] = {
    events.BeneficiaryRegistered: _beneficiary_registered,
    events.BeneficiaryUpdated: _beneficiary_updated,
    events.ProfileChanged: _profile_changed,
    events.ConsentRecorded: _consent_recorded,
    events.ConsentWithdrawn: _consent_withdrawn,
    events.ConsentStateRecorded: _consent_state_recorded,
    events.ConsentFrozen: _consent_frozen,
    events.ConsentFreezeLifted: _consent_freeze_lifted,
    events.NeedRecorded: _need_recorded,
    events.NeedWithdrawn: _need_withdrawn,
    events.BeneficiariesMerged: _beneficiaries_merged,
    events.BeneficiariesUnmerged: _beneficiaries_unmerged,
    events.AgreementChanged: _agreement_changed,
    events.DisclosureGiven: _disclosure_given,
    events.DisclosureRefused: _disclosure_refused,
    policy.NoticePublished: _notice_published,
    policy.AgeRulesSaved: _age_rules_saved,
    key_events.KeyEpochDestroyed: _key_epoch_destroyed,
    **EMERGENCY_ENVELOPES,
    **RIGHTS_ENVELOPES,
    **COMPLAINT_ENVELOPES,
    **RECALL_ENVELOPES,
    **RECEIPT_ENVELOPES,
    **CONTACT_ENVELOPES,
    **RETENTION_ENVELOPES,
}
