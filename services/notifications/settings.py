"""What notifications is told by its environment, beside what every service is told."""

from pydantic import Field

from chassis.settings import ServiceSettings


class NotificationsSettings(ServiceSettings):
    """`KEM_NOTIFICATIONS_…`."""

    delivery_retention_days: int = Field(default=90, ge=8, le=3650)
    """Older deliveries are deleted; longer than the 7 days that topics keep their events."""

    streams_per_inbox: int = Field(default=1000, ge=1)
    longest_stream_seconds: float = Field(default=3600, ge=1)
    """Then a stream ends, and whoever may still read opens another one."""
