"""Certificates of a test's own authorities: good ones, expired ones, and those of somebody else."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_LONG_AGO = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A server's certificate and key, as PEM."""

    key: bytes
    chain: bytes


class Authority:
    """Vouches for names; the PEM of it is what a client must be given to believe it."""

    def __init__(self, name: str = "Test authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._certificate = (
            _begun(self._name, self._name, self._key.public_key(), timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, SHA256())
        )

    @property
    def pem(self) -> str:
        return self._certificate.public_bytes(Encoding.PEM).decode()

    def certificate(self, name: str, *, expires_in: timedelta = timedelta(days=1)) -> Certificate:
        """For a host name or an IP address."""
        key = ec.generate_private_key(ec.SECP256R1())
        whom = x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
        signed = (
            _begun(x509.Name([]), self._name, key.public_key(), expires_in)
            .add_extension(x509.SubjectAlternativeName([whom]), critical=True)
            .sign(self._key, SHA256())
        )
        return Certificate(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            signed.public_bytes(Encoding.PEM),
        )


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, expires_in: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _LONG_AGO)
        .not_valid_after(now + expires_in)
    )
