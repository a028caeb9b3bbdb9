"""An entry's body as it was ever written: version 1 is these bytes, for ever."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from services.audit.domain.entry import Told, body_of, written
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
)


def test_a_body_of_this_version_is_written_as_it_always_was() -> None:
    body = body_of(TOLD, 41, bytes(range(16)), TIME + timedelta(seconds=1))
    assert body == KEPT.read_bytes().rstrip(b"\n")
    assert canonical(json.loads(body)) == body, "an auditor's own verifier writes it so too"


def test_what_it_concerns_is_every_id_but_those_of_agencies_and_of_who_acted() -> None:
    assert {str(one)[-1] for one in TOLD.subjects} == {"3", "5"}
    assert str(TOLD.actor_id)[-1] == "2"
    assert str(TOLD.agency_id)[-1] == "4"
