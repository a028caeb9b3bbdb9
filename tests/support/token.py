"""PKCS#11 tokens for tests: real ones of SoftHSM2, all in one folder of this process."""

import os
import secrets
import tempfile
from functools import cache
from pathlib import Path

import pytest

from services.intake.adapters.pkcs11_keys import Token
from tools.stack.debian import ProgramMissing
from tools.stack.key_token import find_softhsm, initialise_token


@cache
def _softhsm() -> Path:
    """SoftHSM2's library, told where to keep tokens: it asks once in the life of a process."""
    try:
        module = find_softhsm(print)
    except ProgramMissing as missing:
        pytest.skip(missing.sentence)
    folder = Path(tempfile.mkdtemp(prefix="kem-tokens-"))
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    return module


def tokens_folder() -> Path:
    """Where the tokens of this process lie."""
    _softhsm()
    return Path(os.environ["SOFTHSM2_CONF"]).with_name("tokens")


def fresh_token(folder: Path) -> Token:
    """A token without keys; its PIN lies in `folder`. Skips the test where SoftHSM2 cannot be had."""
    import pkcs11

    module = _softhsm()
    pin, label = secrets.token_urlsafe(12), secrets.token_hex(8)
    initialise_token(label, pin, {"SOFTHSM2_CONF": os.environ["SOFTHSM2_CONF"]})
    pkcs11.unload(str(module))  # which sees a new token at its next start only
    file = folder / f"pin-{label}"
    file.write_text(pin + "\n")
    return Token(module, label, file)
