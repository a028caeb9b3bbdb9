"""What a provider says of somebody counts only as a token that it has signed for us, with a key of today."""

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from services.access.adapters.identity_provider import IdentityProvider
from services.access.use_cases.authenticate import SignInRefused
from tests.integration.access.providers import sign_in
from tests.integration.access.staff import Person, Staff
from tests.support.identity_provider import CLIENT_ID, SampleProvider


def _unsigned(provider: SampleProvider, claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "", algorithm="none", headers={"kid": provider.key_id})


def _by_another_key(provider: SampleProvider, claims: dict[str, Any]) -> str:
    other = ec.generate_private_key(ec.SECP256R1())
    return jwt.encode(claims, other, algorithm="ES256", headers={"kid": provider.key_id})


def _by_an_unknown_key(provider: SampleProvider, claims: dict[str, Any]) -> str:
    other = ec.generate_private_key(ec.SECP256R1())
    return jwt.encode(claims, other, algorithm="ES256", headers={"kid": "unknown"})


def _by_a_shared_secret(provider: SampleProvider, claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "x" * 64, algorithm="HS256", headers={"kid": provider.key_id})


def _nothing(provider: SampleProvider, claims: dict[str, Any]) -> str:
    return ""


BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://other.example"},
    "another client": {"aud": "other"},
    "also others, and not for us": {"aud": [CLIENT_ID, "other"]},
    "given to another": {"aud": [CLIENT_ID], "azp": "other"},
    "expired": {"exp": int(time.time()) - 120},
    "without an end": {"exp": None},
    "from the future": {"iat": int(time.time()) + 3600},
    "another nonce": {"nonce": "other"},
    "no nonce": {"nonce": None},
    "nobody": {"sub": ""},
    "somebody who is not linked": {"sub": "s-2"},
}


@pytest.mark.parametrize("claims", BAD_CLAIMS.values(), ids=BAD_CLAIMS)
async def test_a_token_that_does_not_hold_opens_nothing(
    staff: Staff,
    sample: SampleProvider,
    providers: dict[str, IdentityProvider],
    person: Person,
    claims: dict[str, Any],
) -> None:
    sample.claims = claims
    with pytest.raises(SignInRefused):
        await sign_in(staff, sample, providers)
    assert staff.records()[-1][1:] == ("FinishSignIn", "SIGN_IN_REFUSED")
    assert staff.rows("select count(*) from access.session") == ["0"]


@pytest.mark.parametrize(
    "sign", [_unsigned, _by_another_key, _by_an_unknown_key, _by_a_shared_secret, _nothing]
)
async def test_a_token_that_the_provider_has_not_signed_opens_nothing(
    staff: Staff,
    sample: SampleProvider,
    providers: dict[str, IdentityProvider],
    person: Person,
    sign: Callable[[SampleProvider, dict[str, Any]], str],
) -> None:
    sample.sign = sign
    with pytest.raises(SignInRefused):
        await sign_in(staff, sample, providers)


async def test_keys_that_the_provider_has_turned_are_found(
    staff: Staff,
    sample: SampleProvider,
    providers: dict[str, IdentityProvider],
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await sign_in(staff, sample, providers)
    await sign_in(staff, sample, providers)
    assert (sample.asked.count("configuration"), sample.asked.count("keys")) == (1, 1)
    sample.turn_keys()
    with pytest.raises(SignInRefused):  # not asked for again within a minute
        await sign_in(staff, sample, providers)
    now = time.monotonic()
    monkeypatch.setattr("services.access.adapters.identity_provider.time.monotonic", lambda: now + 60)
    await sign_in(staff, sample, providers)


async def test_a_key_that_the_provider_has_withdrawn_opens_nothing_after_a_while(
    staff: Staff,
    sample: SampleProvider,
    providers: dict[str, IdentityProvider],
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await sign_in(staff, sample, providers)
    withdrawn, key_id = sample.elliptic, sample.key_id
    sample.turn_keys()
    sample.sign = lambda _, claims: jwt.encode(claims, withdrawn, algorithm="ES256", headers={"kid": key_id})
    now = time.monotonic()
    monkeypatch.setattr("services.access.adapters.identity_provider.time.monotonic", lambda: now + 600)
    with pytest.raises(SignInRefused):
        await sign_in(staff, sample, providers)
