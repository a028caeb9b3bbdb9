"""Codes of authenticators."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from hypothesis import given
from hypothesis import strategies as st

from services.access.domain.authenticator import code_at, otpauth_uri, step_of
from tests.unit.access.staff import NOW

SECRET = b"12345678901234567890"
STEP = int(NOW.timestamp()) // 30


@pytest.mark.parametrize(
    ("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (2000000000, "279037")], ids=str
)
def test_the_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    assert code_at(SECRET, seconds // 30) == code
    assert step_of(code, SECRET, datetime.fromtimestamp(seconds, UTC), None) == seconds // 30


@given(st.binary(min_size=20, max_size=20), st.integers(0, 4_000_000_000))
def test_an_independent_program_makes_the_same_codes(secret: bytes, seconds: int) -> None:
    assert code_at(secret, seconds // 30) == TOTP(secret, 6, SHA1(), 30).generate(seconds).decode()


@pytest.mark.parametrize(("steps", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_off_by_one_step(steps: int, is_taken: bool) -> None:
    found = step_of(code_at(SECRET, STEP + steps), SECRET, NOW, None)
    assert found == (STEP + steps if is_taken else None)


def test_a_code_is_good_once_and_none_before_it_is_good_after_it() -> None:
    assert step_of(code_at(SECRET, STEP), SECRET, NOW, STEP) is None
    assert step_of(code_at(SECRET, STEP - 1), SECRET, NOW, STEP) is None
    assert step_of(code_at(SECRET, STEP + 1), SECRET, NOW, STEP) == STEP + 1
    later = NOW + timedelta(seconds=30)
    assert step_of(code_at(SECRET, STEP + 1), SECRET, later, STEP) == STEP + 1


@pytest.mark.parametrize("text", ["", "12345", "abcdef", "٤٥٦٧٨٩", "000000000000"])
def test_what_is_no_code_is_none(text: str) -> None:
    assert step_of(text, SECRET, NOW, None) is None


def test_a_code_may_be_typed_in_two_groups() -> None:
    code = code_at(SECRET, STEP)
    assert step_of(f" {code[:3]} {code[3:]}", SECRET, NOW, None) == STEP


def test_an_authenticator_reads_the_secret_from_the_address() -> None:
    parts = urlsplit(otpauth_uri(SECRET, "eleni@kem.example"))
    assert (parts.scheme, parts.netloc, parts.path) == ("otpauth", "totp", "/KEM:eleni%40kem.example")
    assert base64.b32decode(parse_qs(parts.query)["secret"][0]) == SECRET
