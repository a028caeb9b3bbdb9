"""The hub's own certificate authority: who it vouches for, and for how long."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
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

LIFETIMES: Final = {
    HolderKind.AGENCY: timedelta(days=90),
    HolderKind.SERVICE: timedelta(days=30),
    HolderKind.TOOLS: timedelta(days=30),
}
AUTHORITY_LIFETIME: Final = timedelta(days=3650)
_NAME: Final = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Athens referral hub")])
_BACKDATED: Final = timedelta(minutes=5)
"""For clients whose clocks are behind."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A fresh key and its certificate (PEM), and what the certificate says."""

    key: bytes
    chain: bytes
    certificate: Certificate


class Authority:
    """Issues certificates by the key in `key_file`."""

    def __init__(self, key_file: Path, certificate_file: Path) -> None:
        key = load_pem_private_key(key_file.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{key_file.name} does not hold an elliptic curve key")
        self._key = key
        self._certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())

    @staticmethod
    def make(key_file: Path, certificate_file: Path, now: datetime | None = None) -> "Authority":
        """Makes a new one; the key's file can be read by its owner only, and written by nobody.

        Its certificates may not vouch for other authorities.
        """
        begin = now or datetime.now(UTC)
        key = ec.generate_private_key(ec.SECP256R1())
        signed = (
            x509.CertificateBuilder()
            .subject_name(_NAME)
            .issuer_name(_NAME)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin - _BACKDATED)
            .not_valid_after(begin + AUTHORITY_LIFETIME)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, SHA256())
        )
        certificate_file.write_bytes(signed.public_bytes(Encoding.PEM))
        certificate_file.chmod(0o600)
        with open(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
            file.write(_pem_of(key))
            file.flush()
            os.fsync(file.fileno())
        return Authority(key_file, certificate_file)

    @property
    def pem(self) -> bytes:
        """The certificate by which everybody checks all others."""
        return self._certificate.public_bytes(Encoding.PEM)

    def issue(
        self,
        holder: Holder,
        *,
        addresses: Sequence[str] = (),
        lifetime: timedelta | None = None,
        now: datetime | None = None,
    ) -> Issued:
        """A fresh key with a certificate over it.

        Args:
            addresses: host names and IP addresses at which the holder answers calls; without any it can
                only make them.
        """
        begin = now or datetime.now(UTC)
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(holder.uri)]
        names += [_name_of(address) for address in addresses]
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH]
        if addresses:
            usages.append(ExtendedKeyUsageOID.SERVER_AUTH)
        signed = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self._certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin - _BACKDATED)
            .not_valid_after(begin + (LIFETIMES[holder.kind] if lifetime is None else lifetime))
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
        return Issued(_pem_of(key), chain, Certificate.read(chain))


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


def _name_of(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(address))
    except ValueError:
        return x509.DNSName(address)


def _pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
