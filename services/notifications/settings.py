"""What notifications is told by its environment, beside what every service is told."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, model_validator
from pydantic_settings import NoDecode

from chassis.settings import ALL_ROLES, Roles, ServiceSettings, split_list
from services.notifications.adapters.mail_server import MailServer, MailTls

_ROLES = (*ALL_ROLES, "push", "mail")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


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

    smtp_host: str = ""
    """The mail server; empty where this hub sends no mail."""

    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_tls: MailTls = MailTls.STARTTLS
    """`starttls` or `tls`; `none` for a server on this machine only."""

    smtp_from: str = ""
    """The address from which mails come."""

    smtp_login: str = ""
    smtp_password_file: Path | None = None
    smtp_authorities_file: Path | None = None
    """Certificates (PEM) that vouch for the mail server; without it the well-known ones."""

    access_address: str = Field(default="", validation_alias="KEM_ACCESS_GRPC_ADDRESS")
    """host:port of access' gRPC door: it is asked who may be told; needed where mails are sent."""

    mails_a_second: float = Field(default=5, gt=0, le=50)
    console_url: str = ""
    """Where the pages are to which mails lead, as browsers know it."""

    push_patience_seconds: float = Field(default=86_400, ge=1)
    """When every try of so long has failed, the hub gives a push endpoint up until an operator resumes it."""

    @model_validator(mode="after")
    def _mail_is_whole(self) -> "NotificationsSettings":
        if not self.smtp_host:
            return self
        if "@" not in self.smtp_from or not self.console_url:
            raise ValueError(
                "with KEM_NOTIFICATIONS_SMTP_HOST set KEM_NOTIFICATIONS_SMTP_FROM (an address) and"
                " KEM_NOTIFICATIONS_CONSOLE_URL (where the pages are)"
            )
        if not self.access_address:
            raise ValueError(
                "with KEM_NOTIFICATIONS_SMTP_HOST set KEM_ACCESS_GRPC_ADDRESS (where access answers): no mail"
                " goes to whoever's account is closed"
            )
        if self.smtp_tls is MailTls.NONE and self.smtp_host not in _LOOPBACK:
            raise ValueError("KEM_NOTIFICATIONS_SMTP_TLS=none is for a mail server on this machine only")
        return self

    def mail_server(self) -> MailServer | None:
        """The mail server; None where there is none.

        Raises:
            OSError: a file of it cannot be read.
        """
        if not self.smtp_host:
            return None
        password, authorities = self.smtp_password_file, self.smtp_authorities_file
        return MailServer(
            self.smtp_host,
            self.smtp_port,
            self.smtp_tls,
            self.smtp_from,
            self.smtp_login,
            password.read_text(encoding="utf-8").strip() if password else "",
            authorities.read_text(encoding="ascii") if authorities else None,
        )
