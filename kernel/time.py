"""Instants: always aware, always UTC. Rules never read a clock; they are told `now`."""

from datetime import UTC, datetime


def utc(instant: datetime) -> datetime:
    """The same instant in UTC.

    Raises:
        ValueError: the instant has no zone, so nobody knows when it is.
    """
    if instant.tzinfo is None:
        raise ValueError("an instant without a zone")
    return instant.astimezone(UTC)
