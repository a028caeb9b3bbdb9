"""Facts of referrals and of the directory on the wire: the bytes never change, and secrets stay at home."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from google.protobuf.message import Message

from chassis import topics
from chassis.caller import Caller
from chassis.events import OutgoingEvent
from kem.directory.v1.directory_events_pb2 import DirectoryEvent
from kem.referral.v1.referral_events_pb2 import ReferralEvent
from kernel import codes
from kernel.codes import Urgency
from kernel.ids import ActivityId, AgencyId, OfferId, ReferralId, ServiceId, UnitId
from services.referral.adapters.event_codec import OWN_STEPS, REASON_FIELDS, encode
from services.referral.domain import directory_events as entered
from services.referral.domain import referral_events as told
from services.referral.domain.considered import Considered, ProposedService
from tests.support.golden import fact_in, facts_of, golden_bytes, kept_files

NOW = datetime(2026, 3, 2, 9, 30, 15, 250_000, tzinfo=UTC)
DUE = NOW + timedelta(hours=24)
AGENCY = AgencyId(UUID("00000000-0000-4000-8000-000000000003"))
REFERRAL = ReferralId(UUID("00000000-0000-4000-8000-000000000005"))
OFFER = OfferId(UUID("00000000-0000-4000-8000-000000000006"))
SERVICE = ServiceId(UUID("00000000-0000-4000-8000-000000000007"))
ACTIVITY = ActivityId(UUID("00000000-0000-4000-8000-000000000008"))
UNIT = UnitId(UUID("00000000-0000-4000-8000-000000000009"))
SENDER = AgencyId(UUID("00000000-0000-4000-8000-00000000000a"))
REQUEST = UUID("00000000-0000-4000-8000-000000000001")
EVENT = UUID("00000000-0000-7000-8000-00000000000b")
CALLER = Caller(
    UUID("00000000-0000-4000-8000-00000000000c"), AGENCY, frozenset({"agency_member"}), "p 4", "pwd", "test"
)

CONSIDERED = Considered(4, (ProposedService(SERVICE, AGENCY, 7, 812),), {"NO_PLACE": 2, "SUSPENDED": 1})
REFERRAL_FACTS: list[told.ReferralFact] = [
    told.ReferralAwaitingPerson("ASK_FIRST", 3, CONSIDERED),
    told.ReferralOffered(
        OFFER, AGENCY, SERVICE, Urgency.URGENT, DUE, 2, CONSIDERED, "PERSON", "DIRECTORY_OUT_OF_DATE", 7
    ),
    told.ReferralWaitlisted(considered=CONSIDERED),
    told.ReferralUnmatched("NO_PLACE", CONSIDERED),
    told.ReferralRematched("PLACE_FREED"),
    told.ReferralAccepted(OFFER, AGENCY, SERVICE, "EDUCATION", 0b1111, False),
    told.ReferralReturned(OFFER, AGENCY, "CAPACITY_LOST", True),
    told.ServiceStarted(AGENCY, NOW - timedelta(hours=1)),
    told.ReferralCompleted(AGENCY, NOW - timedelta(hours=1), "BOTH"),
    told.ReferralNotCompleted(AGENCY, NOW - timedelta(hours=1), "SERVICE_STOPPED"),
    told.ReferralWithdrawn(AGENCY, OFFER),
    told.ReferralCancelled("DUPLICATE", AGENCY, OFFER),
    told.ReferralEnteredInError(AGENCY, OFFER),
    told.OfferDeclined(OFFER, AGENCY, "NO_CAPACITY", True),
    told.OfferExpired(OFFER, AGENCY),
    told.OfferRevoked(OFFER, AGENCY, "SERVICE_SUSPENDED"),
    told.OfferAcknowledged(OFFER, AGENCY),
    told.InformationRequested(OFFER, AGENCY),
    told.InformationProvided(OFFER, AGENCY, DUE),
    told.OfferReminderDue(OFFER, AGENCY, "FOUR_FIFTHS", DUE),
    told.OfferWaitlisted(OFFER, AGENCY),
    told.OfferUnacknowledged(OFFER, AGENCY, DUE),
    told.WaitingEnded(OFFER, AGENCY),
    told.GapRecorded("EDUCATION"),
    told.PersonClockEnded(Urgency.EMERGENCY),
]
DIRECTORY_FACTS: list[entered.DirectoryFact] = [
    entered.AgencySaved(AGENCY, 2),
    entered.ServiceSaved(AGENCY, SERVICE, "GREEK_A1", 2),
    entered.ServiceSuspended(AGENCY, SERVICE, "GREEK_A1", 3),
    entered.ServiceResumed(AGENCY, SERVICE, "GREEK_A1", 4),
    entered.ActivitySaved(AGENCY, SERVICE, "GREEK_A1", ACTIVITY, 1),
    entered.CapacityDeclared(AGENCY, SERVICE, "GREEK_A1", UNIT, 12, 5),
    entered.CapacityQuestioned(AGENCY, SERVICE, "GREEK_A1", UNIT, 2),
    entered.NeededCategoriesSet(AGENCY, "GREEK_A1", 0b111, 2),
]
RESTRICTED_FACTS: list[entered.DirectoryFact] = [
    entered.ServiceSaved(AGENCY, SERVICE, "GBV_SHELTER", 2),
    entered.ServiceSuspended(AGENCY, SERVICE, "GBV_SHELTER", 3),
    entered.ServiceResumed(AGENCY, SERVICE, "GBV_SHELTER", 4),
    entered.ActivitySaved(AGENCY, SERVICE, "GBV_SHELTER", ACTIVITY, 1),
    entered.CapacityDeclared(AGENCY, SERVICE, "GBV_SHELTER", UNIT, 12, 5),
    entered.CapacityQuestioned(AGENCY, SERVICE, "GBV_SHELTER", UNIT, 2),
]
ENVELOPES: dict[str, type[Message]] = {topics.REFERRAL: ReferralEvent, topics.DIRECTORY: DirectoryEvent}
CURRENT_SHAPE = (
    {fact: 1 for envelope in ENVELOPES.values() for fact in facts_of(envelope)}
    | dict.fromkeys(("ReferralAwaitingPerson", "ReferralWaitlisted", "ReferralUnmatched"), 2)
    | {"ReferralOffered": 3}
)
"""The number of the shape that is written now; one more for a fact whose message has changed."""


def happened(fact: told.ReferralFact) -> told.ReferralEvent:
    about = REFERRAL if type(fact).__name__.startswith("Referral") else OFFER
    return told.ReferralEvent(REFERRAL, SENDER, about, 3, "standard/1", fact, REQUEST)


EVENTS: list[object] = [*map(happened, REFERRAL_FACTS), *DIRECTORY_FACTS]


def _encoded(event: object) -> OutgoingEvent:
    return encode(event, CALLER, NOW, EVENT)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(getattr(event, "fact", event)).__name__)
def test_a_fact_is_written_as_it_always_was(event: object) -> None:
    written = _encoded(event)
    assert written.payload == golden_bytes(written, CURRENT_SHAPE[written.type])


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(getattr(event, "fact", event)).__name__)
def test_a_fact_goes_to_its_topic_under_the_key_that_keeps_its_order(event: object) -> None:
    written = _encoded(event)
    assert written.key == (REFERRAL if written.topic == topics.REFERRAL else AGENCY)
    name, envelope = fact_in(ENVELOPES[written.topic], written.payload)
    assert name == written.type
    assert (envelope.event_id, envelope.aggregate_id) == (str(EVENT), str(written.aggregate_id))  # type: ignore[attr-defined] # any envelope


@pytest.mark.parametrize("topic", ENVELOPES)
def test_every_fact_of_a_topic_is_kept_and_every_kept_shape_can_be_read(topic: str) -> None:
    files = kept_files(topic)
    assert {file.name.split(".")[0] for file in files} == facts_of(ENVELOPES[topic])
    for file in files:
        name, _ = fact_in(ENVELOPES[topic], file.read_bytes())
        assert name == file.name.split(".")[0]


@pytest.mark.parametrize("fact", RESTRICTED_FACTS, ids=lambda fact: type(fact).__name__)
def test_a_restricted_service_is_never_named_and_never_twice_the_same(fact: entered.DirectoryFact) -> None:
    first, second = _encoded(fact), _encoded(fact)
    assert first.aggregate_id != second.aggregate_id
    for name in (str(SERVICE), str(UNIT), str(ACTIVITY), "GBV_SHELTER"):
        assert name.encode() not in first.payload


def test_what_a_restricted_type_needs_is_told_of_the_code_list_s_entry_and_of_no_service() -> None:
    first, second = [
        _encoded(entered.NeededCategoriesSet(AGENCY, "GBV_SHELTER", 0b111, version)) for version in (1, 2)
    ]
    assert (first.aggregate_id, first.aggregate_version) == (second.aggregate_id, 1)
    fact = DirectoryEvent.FromString(second.payload).needed_categories_set
    assert (fact.service_type, fact.mask, second.aggregate_version) == ("GBV_SHELTER", 0b111, 2)
    assert {field.name for field, _ in fact.ListFields()} == {"service_type", "mask"}


@pytest.mark.parametrize("kind", REASON_FIELDS, ids=lambda kind: kind.__name__)
def test_a_reason_that_tells_about_the_person_is_withheld(kind: type) -> None:
    field, reasons = REASON_FIELDS[kind]
    sample = next(fact for fact in REFERRAL_FACTS if type(fact) is kind)
    for code, reason in codes.REASONS[reasons].items():
        parts = {name: getattr(sample, name) for name in sample.__dataclass_fields__} | {field: code}
        envelope = ReferralEvent.FromString(_encoded(happened(kind(**parts))).payload)
        written = getattr(getattr(envelope, str(envelope.WhichOneof("fact"))), field)
        assert written == (code if reason.travels else "WITHHELD")


@pytest.mark.parametrize("cause", sorted(OWN_STEPS))
def test_where_a_referral_stands_may_travel(cause: str) -> None:
    written = _encoded(happened(told.ReferralAwaitingPerson(cause, 3)))
    assert ReferralEvent.FromString(written.payload).referral_awaiting_person.cause == cause
    assert not any(cause in rows for rows in codes.REASONS.values())


def test_nothing_of_the_outcome_travels() -> None:
    assert (
        "outcome"
        not in ReferralEvent.DESCRIPTOR.file.message_types_by_name["ReferralCompleted"].fields_by_name
    )


def test_what_is_no_fact_of_referral_is_refused() -> None:
    with pytest.raises(TypeError):
        encode(object(), CALLER, NOW)
