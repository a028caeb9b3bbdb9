"""What the connection itself says of who is calling."""

import base64
from typing import Any, Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_pem_x509_certificate

_CERTIFICATE: Final = "x509_pem_cert"


def certificate_thumbprint(context: Any) -> str:
    """The thumbprint (`x5t#S256`, RFC 8705) of the certificate that the client has shown; else empty."""
    shown = context.auth_context().get(_CERTIFICATE)
    return thumbprint(shown[0]) if shown else ""


def thumbprint(certificate_pem: bytes) -> str:
    """The base64url form of the SHA-256 digest of a certificate."""
    digest = load_pem_x509_certificate(certificate_pem).fingerprint(SHA256())
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
