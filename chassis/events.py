"""An event on its way out, and one that has come in: the envelope's bytes with what carries them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

MAX_PAYLOAD_BYTES = 65_536
"""Events are signals: whoever needs more bytes than this is putting data where it does not belong."""


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """A fact as it is stored in the outbox; `payload` is the topic's envelope message."""

    event_id: UUID
    topic: str
    key: UUID
    aggregate_id: UUID
    aggregate_version: int
    type: str
    event_time: datetime
    payload: bytes


@dataclass(frozen=True, slots=True)
class IncomingEvent:
    """A fact as it was read; `position` counts all events of `source` without gaps.

    An event may come more than once and from any `source`; order is promised per `key` only.
    """

    event_id: UUID
    topic: str
    partition: int
    offset: int
    position: int
    key: bytes
    type: str
    event_time: datetime
    traceparent: str | None
    payload: bytes
    source: str = ""
    tracestate: str | None = None
