"""Reads a Kafka message's headers into an event; the bytes stay the reader's business."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from chassis.batch_reader import MALFORMED
from chassis.events import IncomingEvent
from kernel.ids import derived_id
from kernel.time import utc

MAX_HEADER_CHARACTERS: Final = 600

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Message:
    """A message as either Kafka client hands it over."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Iterable[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Malformed:
    """A message that is not one of ours, told as an event so that it can be set aside like one."""

    event: IncomingEvent
    reason: str = MALFORMED


def read_message(message: Message) -> IncomingEvent | Malformed:
    """The event that the message carries, by its CloudEvents headers."""
    try:
        headers = dict(message.headers)
        position = int(_text(headers["kem-position"]))
        if not 0 < position < 2**63:
            return Malformed(_unreadable(message))
        return IncomingEvent(
            event_id=UUID(_text(headers["ce_id"])),
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            position=position,
            key=message.key or b"",
            type=_text(headers["ce_type"]).removeprefix(message.topic + "."),
            event_time=utc(datetime.fromisoformat(_text(headers["ce_time"]))),
            traceparent=_text(headers["traceparent"]) if "traceparent" in headers else None,
            payload=message.value or b"",
            source=_text(headers["ce_source"]),
            tracestate=_text(headers["tracestate"]) if "tracestate" in headers else None,
        )
    except (KeyError, ValueError, OverflowError):
        return Malformed(_unreadable(message))


def _text(value: bytes | None) -> str:
    """A header's text; PostgreSQL holds no NUL, and nothing of ours is longer than the bound."""
    text = (value or b"").decode()
    if len(text) > MAX_HEADER_CHARACTERS or "\0" in text:
        raise ValueError("not a header of ours")
    return text


def _unreadable(message: Message) -> IncomingEvent:
    """Carries an id that follows from where and what it is, so that reading it again finds it set aside."""
    value = message.value or b""
    place = f"{message.partition}:{message.offset}"
    return IncomingEvent(
        event_id=derived_id("malformed", message.topic, place, sha256(value).hexdigest()),
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        position=0,
        key=(message.key or b"")[:256],
        type="",
        event_time=_EPOCH,
        traceparent=None,
        payload=value,
    )
