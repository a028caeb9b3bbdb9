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
        headers = {name: (value or b"").decode() for name, value in message.headers}
        return IncomingEvent(
            event_id=UUID(headers["ce_id"]),
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            position=int(headers["kem-position"]),
            key=message.key or b"",
            type=headers["ce_type"].removeprefix(message.topic + "."),
            event_time=utc(datetime.fromisoformat(headers["ce_time"])),
            traceparent=headers.get("traceparent"),
            payload=message.value or b"",
            source=headers["ce_source"],
            tracestate=headers.get("tracestate"),
        )
    except (KeyError, ValueError):
        return Malformed(_unreadable(message))


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
