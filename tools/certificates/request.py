"""What an agency asks to have signed (PKCS #10, RFC 2986): a key whose private half never leaves it."""

from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tools.stack.failure import StackFailure

SignableKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_CURVES: Final = (ec.SECP256R1, ec.SECP384R1)
_RSA_BITS: Final = range(3072, 8193)
_LARGEST_BYTES: Final = 64 * 1024
_HOW: Final = (
    "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -keyout key.pem"
    " -out agency.csr"
)


def read_request(file: Path) -> SignableKey:
    """The public key that a certificate is asked for; whoever asks has its private half.

    Nothing else of the request counts: whom a certificate is for, and what for, the hub says.

    Raises:
        StackFailure: it is no such request, or its key is too weak.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST_BYTES)
    except OSError as error:
        raise StackFailure(f"{file} cannot be read ({error.strerror}).", 2) from None
    if b"PRIVATE KEY-----" in content:
        raise StackFailure(
            f"{file} holds a private key, which should never have left the agency: delete it here, and have"
            f" them make another key and send the request only ({_HOW}).",
            2,
        )
    try:
        request = x509.load_pem_x509_csr(content)
        is_signed, key = request.is_signature_valid, request.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise StackFailure(
            f"{file} is no certificate request in PEM; the agency makes one by: {_HOW}", 2
        ) from None
    if not is_signed:
        raise StackFailure(
            f"{file} is not signed by the key that it is for; ask the agency for another one.", 2
        )
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES):
        return key
    if isinstance(key, rsa.RSAPublicKey) and key.key_size in _RSA_BITS and key.public_numbers().e >= 65537:
        return key
    raise StackFailure(
        f"The key in {file} is not one that the hub vouches for: elliptic curve P-256 or P-384, or RSA of"
        f" {_RSA_BITS.start} bits at least. The agency makes one by: {_HOW}",
        2,
    )
