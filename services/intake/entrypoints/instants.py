"""Between a Timestamp and an instant."""

from chassis.instants import instant_from, optional_instant_from, timestamp

__all__ = ["instant_from", "optional_instant_from", "timestamp"]
