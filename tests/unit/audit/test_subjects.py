"""Whom and what an entry concerns: by these ids its history is found."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from chassis.events import IncomingEvent
from chassis.topics import REFERRAL, TOPICS
from kem.referral.v1.referral_events_pb2 import ReferralEvent
from services.audit.domain.entry import Told
from services.audit.entrypoints.translate_events import told
from tests.support.golden import kept_files

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KEPT = [(topic, file) for topic in TOPICS for file in kept_files(topic)]


def incoming(topic: str, payload: bytes, kind: str = "OfferDeclined") -> IncomingEvent:
    return IncomingEvent(
        event_id=UUID(id_of(9)),
        topic=topic,
        partition=0,
        offset=0,
        position=1,
        key=b"",
        type=kind,
        event_time=datetime(2026, 11, 27, tzinfo=UTC),
        traceparent=None,
        payload=payload,
        source="referral",
    )


def id_of(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def declined(event_id: str = id_of(9)) -> Told:
    event = ReferralEvent(event_id=event_id, aggregate_id=id_of(1), causation_id=id_of(6))
    event.actor.id, event.actor.agency_id, event.policy_version = id_of(2), id_of(4), "standard/1"
    event.referral_id, event.sender_agency_id = id_of(3), id_of(7)
    event.offer_declined.offer_id, event.offer_declined.agency_id = id_of(5), id_of(4)
    event.offer_declined.reason = "NO_CAPACITY"
    return told(incoming(REFERRAL, event.SerializeToString()))


def test_it_concerns_every_id_but_those_of_events_of_who_acted_and_of_agencies() -> None:
    assert declined().subjects == {id_of(1), id_of(3), id_of(5)}
    assert (declined().actor_id, declined().agency_id) == (id_of(2), id_of(4))


def test_what_is_no_event_concerns_nobody() -> None:
    assert not declined(event_id="").subjects


@pytest.mark.parametrize(("topic", "file"), KEPT, ids=[file.name for _, file in KEPT])
def test_every_fact_that_was_ever_told_is_found_by_all_of_them(topic: str, file: Path) -> None:
    found = told(incoming(topic, file.read_bytes(), file.name.split(".")[0]))
    of_envelope = {name: one for name, one in found.envelope.items() if name not in ("actor", "causation_id")}
    assert set(found.subjects) == set(ids_in({**of_envelope, "fact": found.fact or {}}))


def test_a_service_that_was_only_considered_is_not_what_a_match_concerns() -> None:
    event = ReferralEvent(event_id=id_of(9), aggregate_id=id_of(1))
    event.referral_offered.offer_id, event.referral_offered.service_id = id_of(5), id_of(2)
    for service_id in (id_of(2), id_of(3)):
        event.referral_offered.considered.proposed.add(service_id=service_id, agency_id=id_of(4))
    found = told(incoming(REFERRAL, event.SerializeToString(), "ReferralOffered"))
    assert found.subjects == {id_of(1), id_of(5), id_of(2)}
    assert [one["service_id"] for one in (found.fact or {})["considered"]["proposed"]] == [id_of(2), id_of(3)]


def ids_in(values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        if name.endswith(("agency_id", "agency_ids")) or name == "proposed":
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping):
                yield from ids_in(one)
            elif isinstance(one, str) and ID.fullmatch(one):
                yield one
