"""An entry's body as it was ever written: version 1 is these bytes, for ever."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.plain_events import ENVELOPES
from services.audit.domain.entry import Told, body_of, written
from services.audit.domain.entry import canonical as canonical_here
from services.audit.entrypoints.translate_events import text_of_stamp
from tools.audit.verifier import canonical

KEPT = Path(__file__).with_name("vectors") / "entry.1.json"
TIME = datetime(2026, 11, 26, 9, 30, 15, 250_000, tzinfo=UTC)
TOLD = Told(
    source="referral",
    position=7,
    topic="kem.referral.v1",
    type="OfferDeclined",
    event_id=UUID("00000000-0000-7000-8000-000000000001"),
    event_time=TIME,
    payload_hash="ab" * 32,
    envelope={
        "actor": {"kind": "AGENCY", "id": "00000000-0000-4000-8000-000000000002", "acting_person": "desk-4"},
        "referral_id": "00000000-0000-4000-8000-000000000003",
        "aggregate_version": 3,
    },
    fact={
        "agency_id": "00000000-0000-4000-8000-000000000004",
        "reason": "NO_CAPACITY",
        "has_text": True,
        "respond_by_time": written(TIME + timedelta(hours=2)),
        "offer_ids": ["00000000-0000-4000-8000-000000000005"],
    },
    subjects=(),
)


def test_a_body_of_this_version_is_written_as_it_always_was() -> None:
    body = body_of(TOLD, 41, bytes(range(16)), TIME + timedelta(seconds=1))
    assert body == KEPT.read_bytes().rstrip(b"\n")
    assert canonical(json.loads(body)) == body, "an auditor's own verifier writes it so too"


def test_whatever_stands_in_a_text_is_written_as_an_auditor_s_verifier_writes_it() -> None:
    everything = "".join(map(chr, [*range(0x2030), 0xFEFF, 0xFFFD, 0x1F600]))
    value: dict[str, Any] = {"b": everything, "a": [2**53, -1, True, None, {}], "a_b": "\u2028"}
    assert canonical_here(value) == canonical(value)


def test_an_instant_that_is_no_text_yet_comes_into_no_body() -> None:
    with pytest.raises(TypeError):
        canonical_here({"respond_by_time": TIME})


def test_no_event_has_a_number_that_is_not_whole() -> None:
    """The standard would write it in another way."""
    asked, seen = [one.DESCRIPTOR for one in ENVELOPES.values()], set()
    while asked:
        message = asked.pop()
        seen.add(message.full_name)
        for field in message.fields:
            assert field.type not in (field.TYPE_DOUBLE, field.TYPE_FLOAT), field.full_name
            if field.message_type is not None and field.message_type.full_name not in seen:
                asked.append(field.message_type)
    assert len(seen) > len(ENVELOPES)


@pytest.mark.parametrize(
    ("seconds", "nanos"),
    [(0, 0), (-1, 999_999_999), (1_795_000_000, 123_456_789), (-62_135_596_800, 0), (253_402_300_799, 1_999)],
)
def test_an_instant_of_an_event_is_written_as_any_other(seconds: int, nanos: int) -> None:
    stamp = Timestamp(seconds=seconds, nanos=nanos)
    instant = stamp.ToDatetime(tzinfo=UTC)
    text = f"{instant.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
    assert text_of_stamp(stamp) == written(instant) == text


def test_an_instant_of_another_zone_is_written_in_utc() -> None:
    athens = datetime(2026, 3, 29, 4, 30, 0, 7, tzinfo=ZoneInfo("Europe/Athens"))
    assert written(athens) == "2026-03-29T01:30:00.000007Z"


@pytest.mark.parametrize(
    ("seconds", "nanos"), [(0, -1), (0, 1_000_000_000), (253_402_300_800, 0), (-(2**62), 0)]
)
def test_what_is_no_instant_is_refused(seconds: int, nanos: int) -> None:
    with pytest.raises((ValueError, OverflowError)):
        text_of_stamp(Timestamp(seconds=seconds, nanos=nanos))
