"""What notifications is told by its environment, beside what every service is told."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from chassis.settings import ALL_ROLES, Roles, ServiceSettings, split_list

_ROLES = (*ALL_ROLES, "push")


class NotificationsSettings(ServiceSettings):
    """`KEM_NOTIFICATIONS_…`."""

    known_roles: ClassVar[tuple[str, ...]] = _ROLES
    roles: Roles = _ROLES

    delivery_retention_days: int = Field(default=90, ge=8, le=3650)
    """Older deliveries are deleted; longer than the 7 days that topics keep their events."""

    streams_per_inbox: int = Field(default=1000, ge=1)
    longest_stream_seconds: float = Field(default=3600, ge=1)
    """Then a stream ends, and whoever may still read opens another one."""

    push_networks: Annotated[
        tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(split_list)
    ] = ()
    """Networks beside the public internet to which deliveries may be pushed, such as `10.20.0.0/16`."""

    push_deadline_seconds: float = Field(default=10, ge=1, le=60)
    """For one call to a partner, the looking up of its name included."""

    push_patience_seconds: float = Field(default=86_400, ge=1)
    """When every try of so long has failed, the hub gives a push endpoint up until an operator resumes it."""
