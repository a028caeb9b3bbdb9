"""What a certificate says: whose it is, how long it is good for, and by which marks it is known."""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final
from uuid import UUID

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import ExtensionOID

TRUST_DOMAIN: Final = "kem.athens"
_URI: Final = re.compile(rf"spiffe://{re.escape(TRUST_DOMAIN)}/(agency|service)/([a-z0-9-]{{1,64}})")
_TOOLS_URI: Final = f"spiffe://{TRUST_DOMAIN}/tools"


class HolderKind(StrEnum):
    """Who can hold a certificate of the hub's authority."""

    AGENCY = "agency"
    SERVICE = "service"
    TOOLS = "tools"
    """The commands of the machine on which the hub runs."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose certificate it is; the name is an agency's id or a service's name, and empty for the tools."""

    kind: HolderKind
    name: str = ""

    @property
    def uri(self) -> str:
        """How it stands in a certificate: a SPIFFE id, as a format only."""
        return (
            _TOOLS_URI
            if self.kind is HolderKind.TOOLS
            else f"spiffe://{TRUST_DOMAIN}/{self.kind}/{self.name}"
        )

    @property
    def server_name(self) -> str:
        """By which a service's own callers know it, wherever it answers; empty for whoever only calls."""
        return f"{self.name}.{TRUST_DOMAIN}" if self.kind is HolderKind.SERVICE else ""

    @staticmethod
    def of_agency(agency_id: UUID) -> "Holder":
        return Holder(HolderKind.AGENCY, str(agency_id))

    @staticmethod
    def of_service(name: str) -> "Holder":
        return Holder(HolderKind.SERVICE, name)

    @staticmethod
    def parse(uri: str) -> "Holder":
        """The holder that a URI names.

        Raises:
            ValueError: it names none of ours.
        """
        if uri == _TOOLS_URI:
            return TOOLS
        found = _URI.fullmatch(uri)
        if found is None:
            raise ValueError("the certificate is for nobody of this hub")
        kind, name = HolderKind(found[1]), found[2]
        if kind is HolderKind.AGENCY and name != str(UUID(name)):
            raise ValueError("the certificate names an agency by something else than its id")
        return Holder(kind, name)


TOOLS: Final = Holder(HolderKind.TOOLS)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate's facts; nothing here says that its chain was checked, which the handshake does."""

    holder: Holder
    serial: str
    """Lower-case hexadecimal digits, without a sign and without leading zeros."""
    thumbprint: str
    """`x5t#S256` of RFC 8705: base64url of SHA-256 over the certificate, without padding."""
    key_digest: str
    """Base64url of SHA-256 over the public key (SubjectPublicKeyInfo), without padding."""
    begin_time: datetime
    end_time: datetime

    @staticmethod
    def read(pem: bytes) -> "Certificate":
        """The first certificate in a PEM text.

        Raises:
            ValueError: there is none, or it names nobody of this hub.
        """
        found = x509.load_pem_x509_certificate(pem)
        try:
            names = found.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
        except x509.ExtensionNotFound:
            raise ValueError("the certificate names nobody") from None
        if not isinstance(names, x509.SubjectAlternativeName):
            raise ValueError("the certificate names nobody")
        uris = names.get_values_for_type(x509.UniformResourceIdentifier)
        if len(uris) != 1:
            raise ValueError("the certificate does not name exactly one holder")
        return Certificate(
            holder=Holder.parse(uris[0]),
            serial=f"{found.serial_number:x}",
            thumbprint=_base64url(found.fingerprint(SHA256())),
            key_digest=key_digest(found.public_key()),
            begin_time=found.not_valid_before_utc,
            end_time=found.not_valid_after_utc,
        )

    def seconds_left(self, now: datetime | None = None) -> float:
        """How long it is still good; negative when it has ended."""
        return (self.end_time - (now or datetime.now(UTC))).total_seconds()


def key_digest(key: CertificatePublicKeyTypes) -> str:
    """By which a key is known whatever certificate is over it: base64url of SHA-256, without padding."""
    return _base64url(sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def is_key_of(key: bytes, chain: bytes) -> bool:
    """Whether a private key is the one of a certificate (both PEM).

    Raises:
        ValueError: what is given are not a key and a certificate.
    """
    try:
        private = load_pem_private_key(key, password=None)
    except TypeError:
        raise ValueError("the key is sealed with a password") from None
    return private.public_key() == x509.load_pem_x509_certificate(chain).public_key()


def is_issued_by(chain: bytes, authorities: bytes) -> bool:
    """Whether one of the authorities has signed a certificate (both PEM); its time is not looked at.

    Raises:
        ValueError: what is given are no certificates.
    """
    certificate = x509.load_pem_x509_certificate(chain)
    for authority in x509.load_pem_x509_certificates(authorities):
        try:
            certificate.verify_directly_issued_by(authority)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return True
    return False
