"""What a service runs with on the wire: the bytes never change, and only what differs is told."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chassis.plain_events import WITHHELD, PlainReader
from chassis.system_record import system_event
from tests.support.golden import golden_bytes

NOW = datetime(2026, 11, 26, 9, 30, 15, 250_000, tzinfo=UTC)
EVENT = UUID("00000000-0000-7000-8000-000000000009")
NOTHING: dict[str, Any] = {"release": {}, "settings": {}, "migrations": {}, "policy_files": {}}
FIRST: dict[str, Any] = {
    "release": {"release_version": "0.1.0", "revision": "a" * 40, "sha256": "b" * 64},
    "settings": {"checkpoint_seconds": "c" * 64, "origin": "d" * 64},
    "migrations": {"0101_ledger.sql": "e" * 64},
    "policy_files": {"reasons.toml": "f" * 64, "providers_file": "0" * 64},
}


def fact(told: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    event = system_event("audit", told, now, 2, NOW, EVENT)
    envelope = PlainReader().read(event.topic, event.payload)
    assert envelope is not None
    assert WITHHELD not in str(envelope)
    found: dict[str, Any] = envelope["system_changed"]
    return found


def test_the_bytes_never_change() -> None:
    event = system_event("audit", NOTHING, FIRST, 1, NOW, EVENT)
    assert event.payload == golden_bytes(event)
    assert (event.type, event.aggregate_version) == ("SystemChanged", 1)


def test_a_first_start_tells_everything() -> None:
    told = fact(NOTHING, FIRST)
    assert told["release"] == FIRST["release"]
    assert told["settings"]["setting_names"] == ["checkpoint_seconds", "origin"]
    assert told["migrations"] == [{"file_name": "0101_ledger.sql", "sha256": "e" * 64}]
    assert [one["file_name"] for one in told["policy_files"]] == ["providers_file", "reasons.toml"]


def test_afterwards_only_what_differs_is_told() -> None:
    now = FIRST | {"settings": {"origin": "d" * 64, "checkpoint_seconds": "9" * 64, "new": "1" * 64}}
    told = fact(FIRST, now)
    assert set(told) == {"service", "settings"}
    assert told["settings"]["setting_names"] == ["checkpoint_seconds", "new"]
    assert told["settings"]["sha256"] not in str(FIRST)


def test_a_policy_file_that_is_gone_is_told_without_a_hash() -> None:
    told = fact(FIRST, FIRST | {"policy_files": {"reasons.toml": "f" * 64}})
    assert told == {"service": "audit", "policy_files": [{"file_name": "providers_file"}]}
