"""Who is told of what."""

from dataclasses import replace
from uuid import uuid4

import pytest
from google.protobuf.message import Message

from chassis.batch_reader import NEWER_THAN_READER, PoisonEvent
from chassis.events import IncomingEvent
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kem.referral.v1 import referral_events_pb2 as facts
from kernel.ids import AgencyId, EventId, ReferralId, derived_id
from kernel.vocabulary import Urgency
from services.audit.domain.facts import CheckpointGiven, SigningKeyBegun
from services.intake.domain.recall_events import RecallFact
from services.notifications.adapters.delivery_messages import delivery_message
from services.notifications.domain.audience import (
    AUDIENCES,
    ForEveryAgency,
    ForOfficers,
    ReferralFact,
    deliveries_due,
)
from services.notifications.domain.delivery import Sign
from services.notifications.domain.recipient import Inbox
from services.notifications.entrypoints.translate import read_fact
from tests.integration.audit.ledgers import incoming_from_audit
from tests.support.golden import facts_of
from tests.support.officer_facts import NOTHING_TO_REVIEW, WAITING
from tests.support.recall_facts import DUE_TIME, incoming_from_intake, recall_facts
from tests.support.referral_facts import AGENCY, SENDER, as_if_newer, fact_names, incoming, offered

REFERRAL = ReferralId(derived_id("test", "recalled"))
A, D = (Inbox.AGENCY, AGENCY), (Inbox.DESK, SENDER)

# fact, whether it names an agency, who is told
TOLD = [
    ("ReferralAwaitingPerson", {D}),
    ("ReferralOffered", {A, D}),
    ("ReferralWaitlisted", {D}),
    ("ReferralUnmatched", {D}),
    ("ReferralRematched", {D}),
    ("ReferralAccepted", {A, D}),
    ("ReferralReturned", {A, D}),
    ("ServiceStarted", {D}),
    ("ReferralCompleted", {D}),
    ("ReferralNotCompleted", {D}),
    ("ReferralWithdrawn", {A, D}),
    ("ReferralCancelled", {A, D}),
    ("ReferralEnteredInError", {A, D}),
    ("OfferDeclined", {A, D}),
    ("OfferExpired", {A, D}),
    ("OfferRevoked", {A, D}),
    ("OfferAcknowledged", {D}),
    ("InformationRequested", {A, D}),
    ("InformationProvided", {A, D}),
    ("OfferReminderDue", {A, D}),
    ("OfferWaitlisted", {A, D}),
    ("OfferUnacknowledged", {A, D}),
    ("WaitingEnded", {A}),
    ("GapRecorded", {D}),
    ("PersonClockEnded", {D}),
]


def _fact(name: str) -> Message:
    message: Message = getattr(facts, name)()
    for field, value in (("agency_id", str(AGENCY)), ("offer_id", str(AGENCY))):
        if field in message.DESCRIPTOR.fields_by_name:
            setattr(message, field, value)
    return message


RECALLS = {"RecallOpened", "RecallOverdue", "RecallAcknowledged"}
TO_OFFICERS = {
    "EmergencyAccessRequested": {Inbox.DPO},
    "EmergencyAccessDecided": {Inbox.DPO, Inbox.SAFEGUARDING},
    "HandoverRecorded": {Inbox.DPO, Inbox.SAFEGUARDING},
    "RightsRequestRegistered": {Inbox.DPO},
    "ComplaintRegistered": {Inbox.DPO, Inbox.SAFEGUARDING},
}
"""Of kem.disclosure.v1 these alone are delivered."""
BY_THE_CLOCK = {"RightsRequestDueSoon", "RightsRequestOverdue", "ComplaintOverdue"}
"""Told of no event: see test_deadline.py."""


def _read(event: IncomingEvent) -> ReferralFact:
    fact = read_fact(event)
    assert isinstance(fact, ReferralFact)
    return fact


def test_every_fact_of_the_contract_has_a_decision() -> None:
    assert set(AUDIENCES) == set(fact_names()) | RECALLS | set(TO_OFFICERS) | BY_THE_CLOCK
    assert set(fact_names()) == {name for name, _ in TOLD}


@pytest.mark.parametrize("fact", recall_facts(REFERRAL), ids=lambda fact: type(fact).__name__)
def test_a_recall_reaches_who_must_answer_and_the_desk_and_names_nobody(fact: RecallFact) -> None:
    due = deliveries_due(_read(incoming_from_intake(fact)))
    officers = {one.recipient.inbox for one in due if one.recipient.agency_id is None}
    assert officers == ({Inbox.DPO} if type(fact).__name__ == "RecallOverdue" else set())
    due = tuple(one for one in due if one.recipient.agency_id is not None)
    assert {(one.recipient.inbox, one.recipient.agency_id) for one in due} == {A, D}
    [sign] = {one.sign for one in due}
    assert (sign.kind, sign.referral_id) == (type(fact).__name__, REFERRAL)
    assert (sign.offer_id, sign.service_id, sign.urgency) == (None, None, None)
    assert sign.respond_by_time == (None if sign.kind == "RecallAcknowledged" else DUE_TIME)


def test_whatever_else_is_told_of_disclosures_is_delivered_to_nobody() -> None:
    other = [name for name in facts_of(DisclosureEvent) if name not in RECALLS | set(TO_OFFICERS)]
    for name in other:
        envelope = DisclosureEvent()
        oneof = DisclosureEvent.DESCRIPTOR.oneofs_by_name["fact"]
        [field] = [one.name for one in oneof.fields if one.message_type and one.message_type.name == name]
        getattr(envelope, field).SetInParent()
        event = incoming_from_intake(recall_facts(REFERRAL)[0])
        assert read_fact(replace(event, payload=envelope.SerializeToString())) is None
    assert {name for name in AUDIENCES if name.startswith("Recall")} == RECALLS


@pytest.mark.parametrize("fact", WAITING, ids=lambda fact: type(fact).__name__)
def test_officers_hear_that_something_waits_for_them_and_no_id_of_it(fact: object) -> None:
    event = incoming_from_intake(fact)
    told = read_fact(event)
    assert isinstance(told, ForOfficers)
    due = deliveries_due(told)
    kind = type(fact).__name__
    assert {one.recipient.inbox for one in due} == TO_OFFICERS[kind]
    assert {one.recipient.agency_id for one in due} == {None}
    is_to_be_decided = kind == "EmergencyAccessRequested"
    urgency = Urgency.EMERGENCY if is_to_be_decided else None
    assert {one.sign for one in due} == {
        Sign(kind, EventId(event.event_id), event.event_time, urgency=urgency)
    }


def test_of_a_recall_past_its_time_officers_are_not_told_whose_case_it_is() -> None:
    overdue = next(one for one in recall_facts(REFERRAL) if type(one).__name__ == "RecallOverdue")
    due = deliveries_due(_read(incoming_from_intake(overdue)))
    [bare] = [one.sign for one in due if one.recipient.inbox is Inbox.DPO]
    assert bare == Sign("RecallOverdue", bare.event_id, bare.event_time)


@pytest.mark.parametrize("fact", NOTHING_TO_REVIEW, ids=lambda fact: type(fact).__name__)
def test_where_nothing_is_to_be_reviewed_no_officer_is_told(fact: object) -> None:
    assert read_fact(incoming_from_intake(fact)) is None


@pytest.mark.parametrize(("name", "told"), TOLD)
def test_each_fact_reaches_exactly_who_is_concerned(name: str, told: set[tuple[Inbox, object]]) -> None:
    due = deliveries_due(_read(incoming(_fact(name))))
    assert {(one.recipient.inbox, one.recipient.agency_id) for one in due} == told
    assert len(due) == len(told)
    assert {one.sign.kind for one in due} == {name}


@pytest.mark.parametrize("name", ["ReferralWithdrawn", "ReferralCancelled", "ReferralEnteredInError"])
def test_where_no_agency_was_asked_only_the_desk_is_told(name: str) -> None:
    due = deliveries_due(_read(incoming(getattr(facts, name)())))
    assert [(one.recipient.inbox, one.recipient.agency_id) for one in due] == [D]


def test_an_agency_that_refers_to_itself_hears_in_both_of_its_inboxes() -> None:
    due = deliveries_due(_read(incoming(offered(agency_id=SENDER))))
    assert len({one.recipient.recipient_id for one in due}) == 2


def test_an_offer_says_its_ids_its_urgency_and_its_window_and_nothing_else() -> None:
    offer = offered()
    sign = _read(incoming(offer)).sign
    assert (str(sign.offer_id), str(sign.service_id)) == (offer.offer_id, offer.service_id)
    assert sign.urgency is Urgency.URGENT
    assert sign.respond_by_time is not None
    assert sign.respond_by_time.isoformat() == "2026-03-03T09:30:00+00:00"


def test_a_restricted_service_stays_unnamed() -> None:
    offer = offered()
    offer.ClearField("service_id")
    due = deliveries_due(_read(incoming(offer)))
    assert [one.sign.service_id for one in due] == [None, None]


def test_the_message_of_a_delivery_has_no_field_for_anything_about_a_person() -> None:
    from kem.notifications.v1.delivery_pb2 import Delivery

    assert set(Delivery.DESCRIPTOR.fields_by_name) == {
        "delivery_id",
        "sequence",
        "kind",
        "referral_id",
        "offer_id",
        "service_id",
        "urgency",
        "respond_by_time",
        "event_time",
        "checkpoint_note",
    }
    assert delivery_message.__doc__


def test_a_checkpoint_of_the_ledger_goes_to_every_agency_with_its_note() -> None:
    fact = read_fact(incoming_from_audit(CheckpointGiven("kem.test/ledger", 1, 7, "the note")))
    assert isinstance(fact, ForEveryAgency)
    agencies = [AgencyId(uuid4()), AgencyId(uuid4())]
    due = deliveries_due(fact, agencies)
    assert [(one.recipient.inbox, one.recipient.agency_id) for one in due] == [
        (Inbox.AGENCY, agency) for agency in agencies
    ]
    assert {(one.sign.kind, one.sign.referral_id, one.sign.checkpoint_note) for one in due} == {
        ("CheckpointGiven", None, "the note")
    }
    assert read_fact(incoming_from_audit(SigningKeyBegun("kem.test/ledger", "a key"))) is None


def test_a_fact_newer_than_this_version_is_parked_and_not_guessed() -> None:
    with pytest.raises(PoisonEvent) as refused:
        read_fact(as_if_newer(incoming(offered())))
    assert refused.value.reason == NEWER_THAN_READER


@pytest.mark.parametrize("offer_id", ["", "no id at all"])
def test_an_offer_whose_ids_cannot_be_read_is_poison_or_tells_of_no_offer(offer_id: str) -> None:
    event = incoming(offered())
    envelope = facts.ReferralEvent.FromString(event.payload)
    envelope.referral_id = offer_id
    with pytest.raises(PoisonEvent, match="MALFORMED"):
        read_fact(replace(event, payload=envelope.SerializeToString()))
    with pytest.raises(PoisonEvent, match="MALFORMED"):
        read_fact(replace(event, payload=b"\xff\xff"))
