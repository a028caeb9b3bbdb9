"""When officers are told that something of theirs is due soon, or overdue."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chassis.batch_reader import NEWER_THAN_READER, PoisonEvent
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from services.notifications.domain.audience import AUDIENCES
from services.notifications.domain.deadline import SOON, Deadline, Subject
from services.notifications.domain.recipient import Inbox
from services.notifications.entrypoints.translate_deadlines import read_deadline
from tests.support.officer_facts import IN_A_MONTH, complaint_facts, rights_facts
from tests.support.recall_facts import incoming_from_intake, recall_facts
from tests.support.referral_facts import AGENCY, as_if_newer, incoming, offered

REGISTERED, EXTENDED, ANSWERED = rights_facts(IN_A_MONTH, IN_A_MONTH + timedelta(days=60))


def test_a_request_by_right_is_told_of_again_a_week_before_it_is_due() -> None:
    found = read_deadline(incoming_from_intake(REGISTERED))
    assert found
    assert (found.subject, found.subject_id) == (Subject.RIGHTS_REQUEST, REGISTERED.rights_request_id)
    assert (found.due_time, found.next_time) == (IN_A_MONTH, IN_A_MONTH - SOON)
    extended = read_deadline(incoming_from_intake(EXTENDED))
    assert extended
    assert extended.next_time == IN_A_MONTH + timedelta(days=60) - SOON


def test_one_that_is_registered_within_its_last_week_is_new_then_and_is_not_told_twice() -> None:
    found = read_deadline(incoming_from_intake(REGISTERED, event_time=IN_A_MONTH - timedelta(days=3)))
    assert found
    assert found.next_time == IN_A_MONTH


def test_a_complaint_is_told_of_again_when_it_is_overdue() -> None:
    registered, answered = complaint_facts(IN_A_MONTH)
    found = read_deadline(incoming_from_intake(registered))
    assert found
    assert (found.subject, found.next_time) == (Subject.COMPLAINT, IN_A_MONTH)
    ended = read_deadline(incoming_from_intake(answered))
    assert ended
    assert (ended.subject_id, ended.due_time, ended.next_time) == (found.subject_id, None, None)


def test_what_says_nothing_of_a_deadline_is_none() -> None:
    assert read_deadline(incoming_from_intake(recall_facts(AGENCY)[0])) is None
    assert read_deadline(incoming(offered())) is None


@pytest.mark.parametrize(
    ("subject", "after", "kind", "is_told_again"),
    [
        (Subject.RIGHTS_REQUEST, -SOON, "RightsRequestDueSoon", True),
        (Subject.RIGHTS_REQUEST, timedelta(0), "RightsRequestOverdue", False),
        (Subject.RIGHTS_REQUEST, timedelta(days=9), "RightsRequestOverdue", False),
        (Subject.COMPLAINT, timedelta(0), "ComplaintOverdue", False),
    ],
)
def test_each_is_told_once(subject: Subject, after: timedelta, kind: str, is_told_again: bool) -> None:
    deadline = Deadline(subject, REGISTERED.rights_request_id, IN_A_MONTH, IN_A_MONTH - SOON)
    told = deadline.tell(IN_A_MONTH + after)
    assert told.sign.kind == kind
    assert (told.sign.referral_id, told.sign.respond_by_time) == (None, None)
    assert deadline.next_time == (IN_A_MONTH if is_told_again else None)
    assert Inbox.DPO in AUDIENCES[kind]


def test_a_fact_that_cannot_be_read_is_poison_and_a_newer_one_is_parked() -> None:
    event = incoming_from_intake(REGISTERED)
    envelope = DisclosureEvent.FromString(event.payload)
    envelope.rights_request_registered.rights_request_id = "no id at all"
    for payload in (envelope.SerializeToString(), b"\xff\xff"):
        with pytest.raises(PoisonEvent, match="MALFORMED"):
            read_deadline(replace(event, payload=payload))
    with pytest.raises(PoisonEvent) as refused:
        read_deadline(as_if_newer(event))
    assert refused.value.reason == NEWER_THAN_READER
