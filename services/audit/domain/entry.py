"""What stands in the ledger: an event of a service, as it is hashed and read (docs/audit.md)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson

VERSION: Final = 1
_NO_SUBJECTS: Final = frozenset({"actor", "causation_id", "sender_agency_id"})
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ID_LENGTH: Final = 36
SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Told:
    """An event as its source told it.

    Args:
        position: its place among all events of its source, from 1 on without a gap.
        payload_hash: SHA-256 of the bytes that the source has published, in hexadecimal digits: by it an
            entry can be held against the source's own log.
        envelope: who acted, on what, by which policy, because of what; empty where the bytes are no event.
        fact: what happened, by the names of its contract; None where this version does not know it.

    Both hold whole numbers, texts, lists and mappings; instants are texts as `written` makes them.
    """

    source: str
    position: int
    topic: str
    type: str
    event_id: UUID
    event_time: datetime
    payload_hash: str
    envelope: Mapping[str, Any] = field(default_factory=dict)
    fact: Mapping[str, Any] | None = None

    @property
    def subjects(self) -> set[str]:
        """Whom and what it concerns: every id in it but those of events, of who acted, and of agencies."""
        found: set[str] = set()
        _gather_ids({name: one for name, one in self.envelope.items() if name not in _NO_SUBJECTS}, found)
        _gather_ids(self.fact or {}, found)
        return found

    @property
    def actor_id(self) -> str | None:
        """Who acted."""
        return _id(self.envelope.get("actor", {}).get("id"))

    @property
    def agency_id(self) -> str | None:
        """The agency that it is about, else the one for which somebody acted."""
        actor = self.envelope.get("actor", {})
        return _id((self.fact or {}).get("agency_id") or actor.get("agency_id"))


def body_of(told: Told, index: int, salt: bytes, recorded_time: datetime) -> bytes:
    """The entry's body: RFC 8785 JSON, of whole numbers, texts, lists and objects with plain names only.

    Args:
        index: its place in the ledger, from 0 on.
        salt: random, so that nobody can find out from a hash what stands in a body that they may not read.
    """
    return canonical(
        {
            "v": VERSION,
            "index": index,
            "salt": salt.hex(),
            "source": told.source,
            "position": told.position,
            "topic": told.topic,
            "type": told.type,
            "event_id": str(told.event_id),
            "event_time": written(told.event_time),
            "recorded_time": written(recorded_time),
            "payload_sha256": told.payload_hash,
            "envelope": told.envelope,
            "fact": told.fact,
        }
    )


def canonical(value: Any) -> bytes:
    """RFC 8785 for what bodies are made of: names are plain ASCII, and no event has a number that is not
    whole. Others the standard would sort and write in another way.

    Raises:
        TypeError: an instant, or something else that has no place in a body.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME)


def written(instant: datetime) -> str:
    """An instant to the microsecond, in UTC."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _gather_ids(values: Mapping[str, Any], found: set[str]) -> None:
    for name, value in values.items():
        if name.endswith(("agency_id", "agency_ids")):
            continue
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, dict):
                _gather_ids(one, found)
            elif isinstance(one, str) and len(one) == _ID_LENGTH and _ID.fullmatch(one):
                found.add(one)


def _id(text: str | None) -> str | None:
    return text if text and _ID.fullmatch(text) else None
