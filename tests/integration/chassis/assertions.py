"""Keys and assertions for tests, as the stack would make them."""

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chassis.caller import AssertionSigner


def make_signer(folder: Path, issuer: str) -> AssertionSigner:
    """A signer with a fresh key in `folder`."""
    file = key_file(folder, issuer)
    file.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return AssertionSigner(issuer, file)


def key_file(folder: Path, issuer: str) -> Path:
    """Where `make_signer` put an issuer's private key."""
    return folder / f"{issuer.replace(':', '_')}.pem"


def write_keys(folder: Path, *signers: AssertionSigner, roles: list[str] | None = None) -> Path:
    """The public-key file that vouches for the signers."""
    file = folder / "assertion-keys.json"
    file.write_text(json.dumps({"keys": [signer.key_entry(roles) for signer in signers]}))
    return file
