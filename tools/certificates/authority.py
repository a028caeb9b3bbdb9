"""The hub's own certificate authority: who it vouches for, and for how long."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from chassis.certificates import Certificate, Holder, HolderKind
from tools.certificates.request import SignableKey
from tools.stack.layout import write_secret

LIFETIMES: Final = {
    HolderKind.AGENCY: timedelta(days=90),
    HolderKind.SERVICE: timedelta(days=30),
    HolderKind.TOOLS: timedelta(days=30),
}
AUTHORITY_LIFETIME: Final = timedelta(days=3650)
_NAME: Final = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Athens referral hub")])
KAFKA: Final = Holder.of_service("kafka")
"""The brokers that `./kem up` starts. They are no service of the hub: their certificate speaks for nobody."""
_LOOPBACK: Final = (IPv4Address("127.0.0.1"), IPv6Address("::1"))
_BACKDATED: Final = timedelta(minutes=5)
"""For clients whose clocks are behind."""
_AUTHORITY_BACKDATED: Final = timedelta(days=30)
"""A machine whose clock was ahead when it made its authority can go on once the clock is right."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A key and its certificate (PEM), and what the certificate says.

    Args:
        key: empty where the private key is not here.
    """

    key: bytes
    chain: bytes
    certificate: Certificate


class Authority:
    """Issues certificates by the key in `key_file`.

    Raises:
        OSError: a file is gone.
        ValueError: the files are no key and no certificate, or do not belong together.
    """

    def __init__(self, key_file: Path, certificate_file: Path) -> None:
        self._key = key = _read_key(key_file)
        self._certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        if self._certificate.public_key() != key.public_key():
            raise ValueError(f"{certificate_file.name} is not the certificate of {key_file.name}")

    @staticmethod
    def make(key_file: Path, certificate_file: Path, now: datetime | None = None) -> "Authority":
        """Makes a new one; the key's file can be read by its owner only, and written by nobody.

        A key that is there is taken: the making that broke off is brought to its end. Its certificates may
        not vouch for other authorities.
        """
        begin = now or datetime.now(UTC)
        if not key_file.exists():
            write_secret(key_file, _pem_of(ec.generate_private_key(ec.SECP256R1())))
            key_file.chmod(0o400)
        key = _read_key(key_file)
        signed = (
            x509.CertificateBuilder()
            .subject_name(_NAME)
            .issuer_name(_NAME)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin - _AUTHORITY_BACKDATED)
            .not_valid_after(begin + AUTHORITY_LIFETIME)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, SHA256())
        )
        write_secret(certificate_file, signed.public_bytes(Encoding.PEM))
        return Authority(key_file, certificate_file)

    @property
    def pem(self) -> bytes:
        """The certificate by which everybody checks all others."""
        return self._certificate.public_bytes(Encoding.PEM)

    @property
    def begin_time(self) -> datetime:
        return self._certificate.not_valid_before_utc

    @property
    def end_time(self) -> datetime:
        return self._certificate.not_valid_after_utc

    def issue(
        self,
        holder: Holder,
        *,
        lifetime: timedelta | None = None,
        now: datetime | None = None,
        public_key: SignableKey | None = None,
    ) -> Issued:
        """A certificate, which never outlives the authority, over a fresh key or over the one that is given.

        Services answer calls by their name, brokers where they listen; everybody else can only make them.
        """
        begin = now or datetime.now(UTC)
        end = begin + (LIFETIMES[holder.kind] if lifetime is None else lifetime)
        own = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(holder.uri)]
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH]
        if holder.server_name:
            names.append(x509.DNSName(holder.server_name))
            usages.append(ExtendedKeyUsageOID.SERVER_AUTH)
        if holder == KAFKA:
            names += [x509.IPAddress(address) for address in _LOOPBACK]
        signed = (
            x509.CertificateBuilder()
            .subject_name(subject_of(holder))
            .issuer_name(self._certificate.subject)
            .public_key(public_key or own.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin - _BACKDATED)
            .not_valid_after(min(end, self.end_time))
            .add_extension(x509.SubjectAlternativeName(names), critical=True)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, SHA256())
        )
        chain = signed.public_bytes(Encoding.PEM)
        return Issued(b"" if public_key else _pem_of(own), chain, Certificate.read(chain))


def subject_of(holder: Holder) -> x509.Name:
    """Kafka knows a caller by nothing else: one of the hub's own by its name, an agency by none at all."""
    name = holder.name if holder.kind is HolderKind.SERVICE else str(holder.kind)
    if holder.kind is HolderKind.AGENCY:
        return x509.Name([])
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _read_key(file: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{file.name} does not hold an elliptic curve key")
    return key


def _pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
