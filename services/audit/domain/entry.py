"""What stands in the ledger: an event of a service, as it is hashed and read (docs/audit.md)."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

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

    Both hold whole numbers, texts, instants, lists and mappings.
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
        named = {name: value for name, value in self.envelope.items() if name not in _NO_SUBJECTS}
        return {*_ids(named), *_ids(self.fact or {})}

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
    """RFC 8785 for what bodies are made of; instants become texts.

    Raises:
        ValueError: a number that is not whole, for which the standard's form is another one than Python's.
    """
    return _write(value).encode()


def written(instant: datetime) -> str:
    """An instant to the microsecond, in UTC."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


_write: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=written
).encode


def _ids(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, str):
        if len(value) == _ID_LENGTH and not name.endswith(("agency_id", "agency_ids")) and _id(value):
            yield value
    elif isinstance(value, dict):
        for inner, one in value.items():
            yield from _ids(one, inner)
    elif isinstance(value, list):
        for one in value:
            yield from _ids(one, name)


def _id(text: str | None) -> str | None:
    return text if text and _ID.fullmatch(text) else None
