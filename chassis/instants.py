"""Between a Timestamp and an instant."""

from datetime import UTC, datetime

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from kernel.errors import Invalid


def instant_from(timestamp: Timestamp, field: str) -> datetime:
    """The instant in UTC.

    Raises:
        Invalid: TIME_OUT_OF_RANGE.
    """
    try:
        return timestamp.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Invalid(
            f"{field} is no time that can be recorded.", reason="TIME_OUT_OF_RANGE", field=field
        ) from None


def optional_instant_from(message: Message, field: str) -> datetime | None:
    """The instant in a field that may be absent."""
    return instant_from(getattr(message, field), field) if message.HasField(field) else None


def timestamp(instant: datetime) -> Timestamp:
    """The instant as a message."""
    message = Timestamp()
    message.FromDatetime(instant)
    return message
