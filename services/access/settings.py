"""What access is told by its environment, beside what every service is told."""

import json
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, FilePath, ValidationError, field_validator

from chassis.settings import ServiceSettings
from services.access.adapters.closed_accounts import CLOSED_FILE
from services.access.domain.session import SessionLimits

_Addresses = TypeVar("_Addresses", str, tuple[str, ...])
_THIS_MACHINE: Final = ("127.0.0.1", "localhost", "::1")
_LOOPBACK: Final = "http://127.0.0.1"
_AT_A_PORT: Final = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\])):[0-9]{1,5}(/[A-Za-z0-9/_-]*)")
"""What a program listens at on the person's own machine, at whatever port is free (RFC 8252 § 7.3)."""


def at_any_port(address: str) -> re.Match[str] | None:
    """Host and path of an address that a program on the person's own machine may listen at."""
    return _AT_A_PORT.fullmatch(address)


class ProviderSettings(BaseModel):
    """An identity provider, as the providers file describes it.

    Args:
        name: what this hub calls it.
        issuer: `iss` of its tokens, to the letter; its configuration is found under it.
        client_secret_file: without one the hub is a public client, which PKCE alone protects.
        redirect_uris: the only addresses to which it may send a browser back, with what opens a session; one
            of this very machine that names no port stands for all of its ports. No other provider has them.
        second_factor_acr, second_factor_amr: its words for a sign-in with a second factor; each says so by
            itself (a code or a key alone may be one factor: RFC 8176).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9-]{1,50}$")
    issuer: str
    client_id: str = Field(min_length=1)
    client_secret_file: FilePath | None = None
    redirect_uris: tuple[str, ...] = Field(min_length=1)
    scope: str = "openid"
    second_factor_acr: tuple[str, ...] = ()
    second_factor_amr: tuple[str, ...] = ("mfa",)

    @field_validator("issuer", "redirect_uris")
    @classmethod
    def _speak_tls(cls, given: _Addresses) -> _Addresses:
        addresses = (given,) if isinstance(given, str) else given
        if not all(is_safe_address(one) for one in addresses):
            raise ValueError("it must begin with https://")
        return given

    @property
    def loopback_path(self) -> str:
        """The path at which a terminal takes a browser back, whatever its port; empty where it may not."""
        for address in self.redirect_uris:
            path = address.removeprefix(_LOOPBACK)
            if path.strip("/") and at_any_port(f"{_LOOPBACK}:0{path}"):
                return path
        return ""

    def sends_back_to(self, address: str) -> bool:
        """Whether the address is one of `redirect_uris`."""
        at_a_port = at_any_port(address)
        return address in self.redirect_uris or (
            at_a_port is not None and "".join(at_a_port.groups()) in self.redirect_uris
        )


class AccessSettings(ServiceSettings):
    """`KEM_ACCESS_…`."""

    key_file: FilePath
    """The key of sign-in: 32 random bytes in base64. Closed accounts are written down beside it."""

    assertion_key_file: FilePath
    """The Ed25519 key (PEM) by which this service vouches for people; its public half is in the keys file."""

    assertion_issuer: str = "kem-access"

    providers_file: FilePath | None = None
    """Identity providers (JSON: `{"providers": [{"name": …, "issuer": …}]}`); without it there are none."""

    certificate_register_file: FilePath | None = None
    """What became of the certificates of the hub's authority (JSON), to be told as events."""

    session_idle_seconds: float = Field(default=1800, ge=300, le=86_400)
    """A session that is not used for so long has ended; assertions are issued every few minutes."""

    session_longest_seconds: float = Field(default=43_200, ge=300, le=7 * 86_400)
    one_time_hours: float = Field(default=168, gt=0, le=720)
    """For how long a one-time password is good."""

    name_retention_days: int = Field(default=90, ge=30, le=3650)
    """So long after its closing an account still has login and name; kept answers have them for 30 days."""

    @property
    def session_limits(self) -> SessionLimits:
        """How long a session lasts."""
        return SessionLimits(
            timedelta(seconds=self.session_idle_seconds), timedelta(seconds=self.session_longest_seconds)
        )

    def policy_files(self, root: Path) -> dict[str, Path]:
        """Who may vouch for staff is a policy too."""
        own = {"providers_file": self.providers_file} if self.providers_file else {}
        return super().policy_files(root) | own

    @field_validator("key_file")
    @classmethod
    def _know_who_was_closed(cls, file: Path) -> Path:
        if not (file.parent / CLOSED_FILE).is_file():
            raise ValueError(
                f"{CLOSED_FILE} is missing beside it, without which closed accounts would be open again: put"
                " the whole key folder back, as it is today; where nobody was ever closed, an empty file does"
            )
        return file

    @field_validator("providers_file")
    @classmethod
    def _read_whole(cls, file: Path | None) -> Path | None:
        read_providers(file)
        return file


def is_safe_address(address: str) -> bool:
    """Whether what goes there is encrypted, or stays on this very machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _THIS_MACHINE)


def read_providers(file: Path | None) -> list[ProviderSettings]:
    """The identity providers of the file.

    Raises:
        ValueError: it cannot be read; the message says where.
    """
    if file is None:
        return []
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))["providers"]
        providers = [ProviderSettings(**row) for row in rows]
    except ValidationError as error:
        places = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise ValueError(f"a provider in {file} is wrong: {'; '.join(places)}") from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise ValueError(f'{file} does not hold {{"providers": [{{…}}]}} in JSON') from None
    twice = [name for name, times in Counter(one.name for one in providers).items() if times > 1]
    if twice:
        raise ValueError(f"{file} names {', '.join(twice)} twice")
    _refuse_shared_addresses(file, providers)
    return providers


def _refuse_shared_addresses(file: Path, providers: list[ProviderSettings]) -> None:
    """Where browsers come back from two alike, one could pass for the other (RFC 9700 § 4.4)."""
    whose: dict[tuple[str, str], str] = {}
    for provider in providers:
        for address in provider.redirect_uris:
            other = whose.setdefault(_place(address), provider.name)
            if other != provider.name:
                raise ValueError(
                    f"in {file} both {other} and {provider.name} send browsers back to {address}, so that one"
                    " could pass for the other: give each an address of its own, such as"
                    f" {address.rstrip('/')}/{provider.name}, first at the provider and then here"
                )


def _place(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    host = "this machine" if parts.hostname in _THIS_MACHINE else f"{parts.hostname}:{parts.port or 443}"
    return host, parts.path.rstrip("/")
