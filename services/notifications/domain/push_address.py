"""Where deliveries may be pushed: encrypted, to the public internet, or to a network that a setting names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final
from urllib.parse import urlsplit

from kernel.errors import Invalid

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network

_HTTPS_PORT: Final = 443
_HOST: Final = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?|[0-9a-f:.]+")
_NAT64: Final = IPv6Network("64:ff9b::/96")


class AddressNotValid(Invalid):
    """What was given is no address to which anything could be pushed."""

    reason = "ADDRESS_NOT_VALID"


@dataclass(frozen=True, slots=True)
class PushAddress:
    """A partner's address as an operator has set it; its text is also the `aud` of what is sent there.

    Args:
        host: a name in lower case, or an IP address without brackets.
        is_encrypted: False for http, which is for this very machine only.
    """

    host: str
    port: int
    is_encrypted: bool = True

    @staticmethod
    def parse(text: str) -> "PushAddress":
        """Reads `https://host:port`; without a port it is 443.

        Raises:
            AddressNotValid: it has another form.
        """
        try:
            parts = urlsplit(text.strip())
            host = (parts.hostname or "").rstrip(".").encode("idna").decode().lower()
            port = parts.port
        except ValueError:
            raise _not_valid() from None
        is_encrypted = parts.scheme == "https"
        if port is None:
            port = _HTTPS_PORT if is_encrypted else 0
        is_bare = parts.path in ("", "/") and not (parts.query or parts.fragment or "@" in parts.netloc)
        if parts.scheme not in ("https", "http") or not _HOST.fullmatch(host) or not port or not is_bare:
            raise _not_valid()
        return PushAddress(host, port, is_encrypted)

    @property
    def authority(self) -> str:
        """`host:port`, as a call names whom it is for."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"{'https' if self.is_encrypted else 'http'}://{self.authority}"

    def allows(self, found: IpAddress, networks: Sequence[IpNetwork]) -> bool:
        """Whether a connection may go to `found`, an address to which the host's name leads now.

        Args:
            networks: what may be reached beside the public internet.
        """
        plain = _innermost(found)
        if not self.is_encrypted and not plain.is_loopback:
            return False
        return any(plain in network for network in networks) or is_public(plain)


def is_public(address: IpAddress) -> bool:
    """Whether it is a machine on the public internet: not this one, and in nobody's own network."""
    plain = _innermost(address)
    return (
        plain.is_global
        and not plain.is_multicast
        and not plain.is_private
        and not plain.is_reserved
        and not plain.is_loopback
        and not plain.is_link_local
        and not plain.is_unspecified
    )


def _innermost(address: IpAddress) -> IpAddress:
    """The IPv4 address to which an IPv6 address that wraps one leads in the end."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    wrapped = address.ipv4_mapped or address.sixtofour
    if wrapped is None and address.teredo is not None:
        wrapped = address.teredo[1]
    return wrapped or address


def _not_valid() -> AddressNotValid:
    return AddressNotValid(
        "An address to push to has the form https://host:port, with nothing behind the port."
    )
