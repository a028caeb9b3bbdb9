"""Intake's facts on the wire: the bytes never change, and every shape that was ever written can be read."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from google.protobuf.message import Message

from chassis import topics
from chassis.caller import Caller
from chassis.events import OutgoingEvent
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kem.intake.v1.intake_events_pb2 import IntakeEvent
from kernel.ids import AgencyId, BeneficiaryId, ConsentId, DisclosureId, NeedId, ReferralId
from kernel.vocabulary import LegalBasis, Origin, Routing, Urgency
from services.intake.adapters.event_codec import encode
from services.intake.adapters.search_alarm import many_people_searched
from services.intake.domain import (
    authority_events,
    complaint_events,
    contact_events,
    emergency_events,
    events,
    key_events,
    recall_events,
    receipt_events,
    retention_events,
    rights_events,
)
from services.intake.domain import consent_policy_events as policy
from tests.support.golden import fact_in, facts_of, golden_bytes, kept_files

NOW = datetime(2026, 3, 2, 9, 30, 15, 250_000, tzinfo=UTC)
REQUEST = UUID("00000000-0000-4000-8000-000000000001")
PERSON = BeneficiaryId(UUID("00000000-0000-4000-8000-000000000002"))
AGENCY = AgencyId(UUID("00000000-0000-4000-8000-000000000003"))
NEED = NeedId(UUID("00000000-0000-4000-8000-000000000004"))
REFERRAL = ReferralId(UUID("00000000-0000-4000-8000-000000000005"))
CONSENT = ConsentId(UUID("00000000-0000-4000-8000-000000000006"))
DISCLOSURE = DisclosureId(UUID("00000000-0000-7000-8000-000000000007"))
EVENT = UUID("00000000-0000-7000-8000-000000000008")
RECALL = UUID("00000000-0000-4000-8000-00000000000e")
DESK = AgencyId(UUID("00000000-0000-4000-8000-00000000000f"))
NOTIFICATION = UUID("00000000-0000-4000-8000-00000000000c")
COMPELLED = UUID("00000000-0000-4000-8000-00000000000d")
EMERGENCY = UUID("00000000-0000-4000-8000-00000000000b")
MERGE = UUID("00000000-0000-4000-8000-00000000001a")
KEPT = BeneficiaryId(UUID("00000000-0000-4000-8000-00000000001b"))
COMPLAINT = UUID("00000000-0000-4000-8000-00000000001f")
ATTEMPT = UUID("00000000-0000-4000-8000-000000000022")
RECEIPT = UUID("00000000-0000-4000-8000-000000000020")
CELL = UUID("00000000-0000-5000-8000-000000000021")
RIGHTS_REQUEST = UUID("00000000-0000-4000-8000-00000000000e")
CALLER = Caller(
    UUID("00000000-0000-4000-8000-000000000009"), AGENCY, frozenset({"caseworker"}), "desk 4", "pwd", "test"
)

FACTS: list[object] = [
    events.BeneficiaryRegistered(PERSON, AGENCY, Origin.OUTREACH, REQUEST),
    events.BeneficiaryUpdated(PERSON, 2, REQUEST),
    events.ProfileChanged(PERSON, 3, REQUEST),
    events.ConsentRecorded(CONSENT, PERSON, 1, (AGENCY,), NOW + timedelta(days=90), "2026-1", REQUEST),
    events.ConsentWithdrawn(PERSON, 2, AGENCY, NOW - timedelta(hours=5), (CONSENT,), REQUEST),
    events.ConsentStateRecorded(PERSON, 3, "INVALIDATED", CONSENT, AGENCY, REQUEST),
    events.ConsentFrozen(EMERGENCY, PERSON, REQUEST),
    events.ConsentFreezeLifted(EMERGENCY, PERSON, REQUEST),
    receipt_events.ReceiptIssued(RECEIPT, PERSON, REQUEST),
    receipt_events.ReceiptRevoked(RECEIPT, PERSON, REQUEST),
    contact_events.ContactAttempted(
        ATTEMPT,
        PERSON,
        REFERRAL,
        AGENCY,
        by_holder=True,
        is_reached=True,
        by_safe_channel=True,
        happened_time=NOW - timedelta(minutes=20),
        request_id=REQUEST,
    ),
    events.NeedRecorded(
        NEED,
        REFERRAL,
        PERSON,
        Urgency.URGENT,
        Routing.CONSENTED,
        Origin.KEM_DESK,
        AGENCY,
        NOW - timedelta(hours=1),
        NOW,
        ReferralId(UUID("00000000-0000-4000-8000-00000000000a")),
        REQUEST,
    ),
    events.NeedWithdrawn(NEED, REFERRAL, PERSON, "WITHHELD", REQUEST),
    events.BeneficiariesMerged(MERGE, PERSON, KEPT, REQUEST),
    events.BeneficiariesUnmerged(MERGE, PERSON, KEPT, REQUEST),
    events.AgreementChanged(AGENCY, 4, NOW, NOW + timedelta(days=365), REQUEST),
    events.DisclosureGiven(
        *(DISCLOSURE, REFERRAL, AGENCY, 0b1111, 0b0111, "SERVICE_EDUCATION"),
        *((LegalBasis.CONSENT,), (CONSENT,), (CELL,), 3, REQUEST),
    ),
    events.DisclosureRefused(DISCLOSURE, REFERRAL, AGENCY, "CONSENT_NOT_IN_FORCE", 0b1111, REQUEST),
    emergency_events.HandoverRecorded(
        DISCLOSURE,
        REFERRAL,
        AGENCY,
        0b0111,
        LegalBasis.VITAL_INTEREST,
        is_taken=True,
        happened_time=NOW - timedelta(minutes=40),
        purpose="SERVICE_EDUCATION",
        consent_ids=(CONSENT,),
        cell_ids=(CELL,),
        agreement_version=3,
        request_id=REQUEST,
    ),
    emergency_events.EmergencyReviewed(DISCLOSURE, 2, "HANDOVER", REFERRAL, AGENCY, True, REQUEST),
    authority_events.AuthorityNotified(NOTIFICATION, AGENCY, is_person_told=True, request_id=REQUEST),
    authority_events.CompelledRequestRegistered(COMPELLED, AGENCY, 0b0111, REQUEST),
    authority_events.CompelledRequestDecided(COMPELLED, AGENCY, 0b0001, REQUEST),
    authority_events.CompelledTellingDecided(COMPELLED, AGENCY, 2, True, REQUEST),
    authority_events.CompelledDisclosureGiven(DISCLOSURE, COMPELLED, AGENCY, 0b0111, 0b0001, REQUEST),
    rights_events.RightsRequestRegistered(RIGHTS_REQUEST, AGENCY, NOW + timedelta(days=31), REQUEST),
    rights_events.RightsRequestExtended(RIGHTS_REQUEST, 2, AGENCY, NOW + timedelta(days=92), REQUEST),
    rights_events.RightsRequestAnswered(RIGHTS_REQUEST, 3, AGENCY, REQUEST),
    rights_events.RightsProtectionDecided(RIGHTS_REQUEST, 2, AGENCY, REQUEST),
    complaint_events.ComplaintRegistered(COMPLAINT, NOW + timedelta(days=31), REQUEST),
    complaint_events.ComplaintAnswered(COMPLAINT, REQUEST),
    rights_events.RightsErasureDone(NOTIFICATION, RIGHTS_REQUEST, AGENCY, bytes(range(32)), REQUEST),
    rights_events.RightsExportGiven(DISCLOSURE, RIGHTS_REQUEST, AGENCY, REQUEST),
    policy.NoticePublished("2026-1", (("el", bytes(32)),), REQUEST),
    policy.AgeRulesSaved(2, REQUEST),
    key_events.KeyEpochDestroyed(3),
    emergency_events.EmergencyAccessRequested(EMERGENCY, REFERRAL, AGENCY, 0b0111, REQUEST),
    emergency_events.EmergencyAccessDecided(
        EMERGENCY, REFERRAL, AGENCY, 0b0011, NOW + timedelta(hours=4), REQUEST
    ),
    emergency_events.EmergencyDisclosureGiven(
        DISCLOSURE, EMERGENCY, REFERRAL, AGENCY, 0b0011, 0b0001, "SERVICE_EDUCATION", 3, REQUEST
    ),
    recall_events.RecallOpened(
        RECALL, REFERRAL, AGENCY, DESK, "WITHDRAWN", 0b0111, NOW + timedelta(hours=72), REQUEST
    ),
    recall_events.RecallAcknowledged(
        RECALL, REFERRAL, AGENCY, DESK, 0b0110, 0b0001, "LEGAL_OBLIGATION", request_id=REQUEST
    ),
    recall_events.RecallOverdue(RECALL, REFERRAL, AGENCY, DESK, NOW + timedelta(hours=72), REQUEST),
    retention_events.RetentionRulesSaved(2, REQUEST),
    retention_events.RetentionHoldPlaced(EMERGENCY, "LEGAL_CLAIM", REQUEST),
    retention_events.RetentionHoldLifted(EMERGENCY, REQUEST),
    retention_events.RetentionDestroyed(
        NOTIFICATION, 2, {"SAFE_CONTACT": 4}, 1, is_restored=False, request_id=REQUEST
    ),
]
ENVELOPES: dict[str, type[Message]] = {topics.INTAKE: IntakeEvent, topics.DISCLOSURE: DisclosureEvent}
ALARM = many_people_searched(61, CALLER, NOW, EVENT, REQUEST)
"""Of topic kem.access.v1, whose other facts are the access service's."""

CURRENT_SHAPE = {fact: 1 for envelope in ENVELOPES.values() for fact in facts_of(envelope)} | dict.fromkeys(
    (
        *("ConsentRecorded", "DisclosureGiven", "HandoverRecorded", "EmergencyAccessDecided"),
        *("EmergencyDisclosureGiven", "EmergencyReviewed", "CompelledDisclosureGiven"),
    ),
    2,
)
"""The number of the shape that is written now; one more for a fact whose message has changed."""


def _encoded(fact: object) -> OutgoingEvent:
    return encode(fact, CALLER, NOW, EVENT)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_a_fact_is_written_as_it_always_was(fact: object) -> None:
    event = _encoded(fact)
    assert event.payload == golden_bytes(event, CURRENT_SHAPE[event.type])


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_a_fact_goes_to_its_topic_under_the_key_that_keeps_its_order(fact: object) -> None:
    event = _encoded(fact)
    of_no_agency = isinstance(
        fact,
        policy.NoticePublished
        | policy.AgeRulesSaved
        | complaint_events.ComplaintRegistered
        | complaint_events.ComplaintAnswered
        | retention_events.RetentionRulesSaved
        | retention_events.RetentionHoldPlaced
        | retention_events.RetentionHoldLifted
        | retention_events.RetentionDestroyed,
    )
    agency = event.aggregate_id if of_no_agency else AGENCY
    of_nobody = isinstance(fact, key_events.KeyEpochDestroyed)
    person = event.aggregate_id if of_nobody else PERSON
    assert event.key == (person if event.topic == topics.INTAKE else agency)
    name, envelope = fact_in(ENVELOPES[event.topic], event.payload)
    assert name == event.type == type(fact).__name__
    assert (envelope.event_id, envelope.aggregate_id) == (str(EVENT), str(event.aggregate_id))  # type: ignore[attr-defined] # any envelope
    assert envelope.causation_id == ("" if of_nobody else str(REQUEST))  # type: ignore[attr-defined] # any envelope


def test_no_two_facts_of_one_command_share_an_aggregate() -> None:
    by_command = [
        (events.BeneficiaryUpdated, events.ProfileChanged),
        (events.ConsentRecorded, events.ProfileChanged),
        (events.ConsentWithdrawn, events.ProfileChanged),
        (events.BeneficiariesMerged, events.ProfileChanged),
        (events.BeneficiariesUnmerged, events.ProfileChanged),
    ]
    aggregates = {type(fact): _encoded(fact).aggregate_id for fact in FACTS}
    for together in by_command:
        assert len({aggregates[kind] for kind in together}) == len(together)


@pytest.mark.parametrize("topic", ENVELOPES)
def test_every_fact_of_a_topic_is_kept_and_every_kept_shape_can_be_read(topic: str) -> None:
    files = kept_files(topic)
    assert {file.name.split(".")[0] for file in files} == facts_of(ENVELOPES[topic])
    for file in files:
        name, _ = fact_in(ENVELOPES[topic], file.read_bytes())
        assert name == file.name.split(".")[0]


def test_what_is_no_fact_of_intake_is_refused() -> None:
    with pytest.raises(TypeError):
        encode(object(), CALLER, NOW)


def test_the_bytes_of_an_alarm_about_searches_never_change() -> None:
    assert ALARM.payload == golden_bytes(ALARM)
    assert (ALARM.topic, ALARM.key) == (topics.ACCESS, CALLER.principal_id)
