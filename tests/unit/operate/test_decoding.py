"""Events as operators read them: every fact by its name, nothing that is not an id, a code or a number."""

from pathlib import Path
from typing import Any

import pytest

from chassis.plain_events import ENVELOPES, WITHHELD, fact_of, plain_name
from chassis.topics import REFERRAL, TOPICS
from kem.access.v1.access_events_pb2 import AccessEvent, AccessRecorded
from kem.common.v1.common_pb2 import Actor
from kem.referral.v1.referral_events_pb2 import OfferDeclined, ReferralEvent
from kernel.ids import random_id
from tests.support.golden import facts_of, kept_files
from tests.support.referral_facts import offered, outgoing
from tools.operate.decoding import decode, in_one_line, plain_id

NAME = "Layla Haddad"


def flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [one for part in value.values() for one in flat(part)]
    return [one for part in value for one in flat(part)] if isinstance(value, list) else [value]


def test_every_topic_has_its_envelope() -> None:
    assert set(ENVELOPES) == set(TOPICS)


@pytest.mark.parametrize(
    "file", [file for topic in TOPICS for file in kept_files(topic)], ids=lambda f: f.stem
)
def test_every_fact_that_was_ever_told_is_readable_and_whole(file: Path) -> None:
    topic = file.parent.name
    envelope = decode(topic, file.read_bytes())
    fact = fact_of(topic, envelope)
    assert fact is not None
    assert fact[0] == file.name.partition(".")[0]
    assert fact[0] in facts_of(ENVELOPES[topic])
    assert WITHHELD not in flat(fact[1])
    assert in_one_line(fact[1])


def test_an_access_is_readable_with_the_rpc_and_without_the_acting_person() -> None:
    event = AccessEvent(
        event_id=str(random_id()),
        policy_version="access/1",
        actor=Actor(kind=Actor.KIND_AGENCY, id=str(random_id()), acting_person="clerk-7"),
        access_recorded=AccessRecorded(
            service="intake", method="/kem.intake.v1.IntakeService/GetBeneficiary", stated_reason="FOLLOW_UP"
        ),
    )
    envelope = decode("kem.access.v1", event.SerializeToString())
    assert envelope is not None
    assert envelope["actor"]["acting_person"] == WITHHELD
    assert envelope["policy_version"] == "access/1"
    assert envelope["access_recorded"] == {
        "service": "intake",
        "method": "/kem.intake.v1.IntakeService/GetBeneficiary",
        "stated_reason": "FOLLOW_UP",
    }


def test_words_where_an_id_or_a_code_belongs_are_withheld() -> None:
    event = ReferralEvent(
        event_id=str(random_id()),
        policy_version=NAME,
        offer_declined=OfferDeclined(agency_id=NAME, reason=NAME),
    )
    envelope = decode(REFERRAL, event.SerializeToString())
    assert NAME not in str(envelope)
    assert flat(fact_of(REFERRAL, envelope)[1]) == [WITHHELD, WITHHELD]  # type: ignore[index]  # it is there
    assert (plain_name(NAME), plain_id(NAME.encode())) == (WITHHELD, WITHHELD)


@pytest.mark.parametrize(
    "payload", [b"", b"\xff\xff", NAME.encode(), ReferralEvent(event_id=NAME).SerializeToString()]
)
def test_bytes_that_are_not_ours_are_not_read(payload: bytes) -> None:
    assert decode(REFERRAL, payload) is None
    assert fact_of(REFERRAL, None) is None


def test_a_fact_newer_than_this_version_leaves_a_readable_envelope() -> None:
    event = outgoing(offered())
    newer = ReferralEvent.FromString(event.payload)
    newer.ClearField("fact")
    envelope = decode(REFERRAL, newer.SerializeToString() + b"\xfa\x3f\x00")
    assert envelope is not None
    assert envelope["event_id"] == str(event.event_id)
    assert fact_of(REFERRAL, envelope) is None


def test_one_line_cuts_ids_and_long_lists() -> None:
    ids = [str(random_id()) for _ in range(5)]
    assert in_one_line({"offer_ids": ids}) == f"offer {', '.join(one[:8] for one in ids[:3])} and 2 more"
    assert in_one_line({"urgency": "URGENT", "has_text": True}) == "urgency URGENT · has text True"
