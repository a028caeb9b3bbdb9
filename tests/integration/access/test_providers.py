"""Signing in at an identity provider: code with PKCE against a real one."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kernel.errors import Invalid, NotFound
from services.access.adapters.identity_provider import IdentityProvider, ProviderUnavailable
from services.access.use_cases.authenticate import SignInRefused
from services.access.use_cases.begin_sign_in import begin_sign_in
from services.access.use_cases.finish_sign_in import ReturnedSignIn, finish_sign_in
from tests.integration.access.providers import BACK, begin, sign_in
from tests.integration.access.staff import Person, Staff
from tests.support.identity_provider import CLIENT_SECRET, SampleProvider


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
async def test_whoever_is_linked_signs_in_by_the_providers_word(
    staff: Staff,
    sample: SampleProvider,
    providers: dict[str, IdentityProvider],
    person: Person,
    algorithm: str,
) -> None:
    sample.algorithm = algorithm
    session = await sign_in(staff, sample, providers)
    issued = await staff.assertion(session.session_token)
    assert (issued.account.principal_id, issued.acr) == (person.principal_id, "pwd")
    assert session.device_token == "", "no password is asked there: nobody is delayed"
    assert staff.rows("select count(*) from access.device") == ["0"]
    assert staff.records()[-1] == (person.principal_id, "FinishSignIn", "")


@pytest.mark.parametrize(
    ("claims", "acr"),
    [
        ({}, "pwd"),
        ({"acr": "silver", "amr": ["pwd"]}, "pwd"),
        ({"acr": "gold"}, "mfa"),
        ({"amr": ["pwd", "mfa"]}, "mfa"),
        ({"amr": "mfa"}, "pwd"),
        ({"amr": ["otp"]}, "pwd"),  # one factor: a code by mail, without a password (RFC 8176)
        ({"amr": ["hwk"]}, "pwd"),
        ({"amr": [{"mfa": True}, ["mfa"], None]}, "pwd"),
    ],
)
async def test_a_second_factor_there_counts_here(
    staff: Staff,
    sample: SampleProvider,
    providers: dict[str, IdentityProvider],
    person: Person,
    claims: dict[str, Any],
    acr: str,
) -> None:
    sample.claims = claims
    assert (await sign_in(staff, sample, providers)).acr == acr


async def test_a_locked_account_is_locked_at_the_provider_as_well(
    staff: Staff, sample: SampleProvider, providers: dict[str, IdentityProvider], person: Person
) -> None:
    staff.files.execute("update access.account set state = 'LOCKED'")
    with pytest.raises(SignInRefused):
        await sign_in(staff, sample, providers)


async def test_a_browser_is_sent_back_to_allowed_addresses_only(
    staff: Staff, providers: dict[str, IdentityProvider]
) -> None:
    for address in (f"{BACK}/", f"{BACK}?to=https://bad.example", "https://bad.example", BACK.upper()):
        with pytest.raises(Invalid) as refused:
            await begin_sign_in("city", address, providers, staff.signing_in)
        assert refused.value.stable_reason == "REDIRECT_NOT_ALLOWED"
    with pytest.raises(NotFound):
        await begin_sign_in("other", BACK, providers, staff.signing_in)


async def test_the_page_gets_what_pkce_needs_and_no_secret(
    staff: Staff, providers: dict[str, IdentityProvider]
) -> None:
    begun = await begin(staff, providers)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(begun.authorization_url).query).items()}
    assert (asked["response_type"], asked["code_challenge_method"], asked["scope"]) == (
        "code",
        "S256",
        "openid",
    )
    assert asked["acr_values"] == "gold"
    assert begun.browser_token not in begun.authorization_url
    assert CLIENT_SECRET not in begun.authorization_url
    kept = staff.files.execute("select row_to_json(p) from access.provider_sign_in p")
    assert asked["state"] not in kept
    assert begun.browser_token not in kept


async def test_a_provider_that_is_away_is_said_to_be(
    staff: Staff, sample: SampleProvider, providers: dict[str, IdentityProvider]
) -> None:
    begun = await begin(staff, providers)
    state, code = sample.sign_in(begun.authorization_url)
    await sample.stop()
    with pytest.raises(ProviderUnavailable):
        await finish_sign_in(ReturnedSignIn(state, code, begun.browser_token), providers, staff.signing_in)
