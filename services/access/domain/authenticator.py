"""An authenticator: the codes of RFC 6238 (SHA-1, 6 digits, 30 seconds), each good once."""

import base64
import hmac
from datetime import datetime
from typing import Final
from urllib.parse import quote

STEP_SECONDS: Final = 30
STEPS_AROUND: Final = 1
"""A clock may be off by one step, either way."""
DIGITS: Final = 6
SECRET_BYTES: Final = 20
ISSUER: Final = "KEM"


def code_at(secret: bytes, step: int) -> str:
    """The code of one step (RFC 4226 § 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0xF
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(code: str, secret: bytes, now: datetime, last_step: int | None) -> int | None:
    """The step whose code this is; None where it is none of now, or one that was used already.

    Args:
        last_step: the step of the last code that was taken; it and all before are used up.
    """
    offered = "".join(code.split()).encode()
    current = int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in range(current - STEPS_AROUND, current + STEPS_AROUND + 1):  # all: no time tells which one
        fits = hmac.compare_digest(offered, code_at(secret, step).encode())
        if fits and (last_step is None or step > last_step):
            found = step
    return found


def otpauth_uri(secret: bytes, login: str) -> str:
    """What an authenticator reads, typed or as a picture."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return (
        f"otpauth://totp/{ISSUER}:{quote(login, safe='')}?secret={text}&issuer={ISSUER}"
        f"&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}"
    )
