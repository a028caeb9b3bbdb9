"""What the console is told by its environment, beside what every process is told."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from chassis.settings import ProcessSettings


class ConsoleSettings(ProcessSettings):
    """`KEM_CONSOLE_…`, and where the services answer."""

    http_address: str
    """Where pages are served, host:port. Browsers elsewhere come through a proxy that speaks TLS."""
    public_url: str = ""
    """By which address browsers know the console; empty: `http_address`, for browsers of this machine."""
    trusted_proxies: str = "127.0.0.1"
    """Whose word counts on where a browser comes from (`X-Forwarded-For`), addresses with commas."""
    intake_address: str = Field(validation_alias="KEM_INTAKE_GRPC_ADDRESS")
    referral_address: str = Field(validation_alias="KEM_REFERRAL_GRPC_ADDRESS")
    notifications_address: str = Field(validation_alias="KEM_NOTIFICATIONS_GRPC_ADDRESS")
    access_address: str = Field(validation_alias="KEM_ACCESS_GRPC_ADDRESS")
    audit_address: str = Field(validation_alias="KEM_AUDIT_GRPC_ADDRESS")

    @field_validator("public_url")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        parts = urlsplit(url)
        is_bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
        is_known = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))
        if url and not (is_bare and is_known and parts.hostname):
            raise ValueError(
                "give https://NAME without a path; plain http only for this machine, as sessions would be"
                " read on the way"
            )
        return url.rstrip("/")

    @property
    def url(self) -> str:
        """By which browsers know the console, without a slash at its end."""
        return self.public_url or f"http://{self.http_address}"

    @property
    def is_behind_tls(self) -> bool:
        """Whether browsers come by https: cookies then travel by nothing else."""
        return self.url.startswith("https://")


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False
