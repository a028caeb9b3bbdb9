"""What stands in the ledger: an event of a service, as it is hashed and read (docs/audit.md)."""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

VERSION: Final = 1
_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SALT_BYTES: Final = 16
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_A_DAY: Final = 86_400


class Told(NamedTuple):
    """An event as its source told it.

    Args:
        position: its place among all events of its source, from 1 on without a gap.
        payload_hash: SHA-256 of the bytes that the source has published, in hexadecimal digits: by it an
            entry can be held against the source's own log.
        envelope: who acted, on what, by which policy, because of what; empty where the bytes are no event.
        fact: what happened, by the names of its contract; None where this version does not know it.
        subjects: whom and what it concerns, by their ids: by them it is found.

    Envelope and fact hold whole numbers, texts, lists and mappings; instants are texts as `written` makes
    them.
    """

    source: str
    position: int
    topic: str
    type: str
    event_id: UUID
    event_time: datetime
    payload_hash: str
    envelope: Mapping[str, Any]
    fact: Mapping[str, Any] | None
    subjects: Collection[str]

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
    passed = instant - _EPOCH
    return instant_text(passed.days * _SECONDS_A_DAY + passed.seconds, passed.microseconds)


def instant_text(seconds: int, microseconds: int) -> str:
    """`written`, of an instant as what has passed since 1970. Events of one moment come together, so that
    most seconds are known.

    Raises:
        OverflowError: it is of no year that there is.
    """
    return f"{_second(seconds)}.{microseconds:06d}Z"


@lru_cache(maxsize=8192)
def _second(since_epoch: int) -> str:
    return (_EPOCH + timedelta(seconds=since_epoch)).replace(tzinfo=None).isoformat()


def _id(text: str | None) -> str | None:
    return text if text and _ID.fullmatch(text) else None
