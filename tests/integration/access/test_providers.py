"""Signing in at an identity provider: code with PKCE against a real one, and what must not pass."""

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from kernel.errors import Invalid, NotFound
from kernel.vocabulary import Role
from services.access.adapters.identity_provider import IdentityProvider, ProviderUnavailable
from services.access.settings import ProviderSettings, read_providers
from services.access.use_cases import forget_old_rows
from services.access.use_cases.authenticate import SignInRefused
from services.access.use_cases.begin_session import NewSession
from services.access.use_cases.begin_sign_in import BegunSignIn, begin_sign_in
from services.access.use_cases.finish_sign_in import ReturnedSignIn, finish_sign_in
from services.access.use_cases.link_identity import link_identity
from tests.integration.access.staff import Person, Staff
from tests.support.identity_provider import CLIENT_ID, CLIENT_SECRET, SampleProvider

BACK = "https://hub.example/signed-in"


@pytest.fixture
async def sample() -> AsyncIterator[SampleProvider]:
    one = SampleProvider()
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
async def providers(sample: SampleProvider, tmp_path: Path) -> AsyncIterator[dict[str, IdentityProvider]]:
    provider = provider_of(sample, tmp_path)
    yield {"city": provider}
    await provider.close()


def provider_of(sample: SampleProvider, folder: Path) -> IdentityProvider:
    """The sample provider as the hub's settings describe it."""
    (folder / "client-secret").write_text(f"{CLIENT_SECRET}\n")
    return IdentityProvider(
        ProviderSettings(
            name="city",
            issuer=sample.issuer,
            client_id=CLIENT_ID,
            client_secret_file=folder / "client-secret",
            redirect_uris=(BACK,),
            second_factor_acr=("gold",),
        )
    )


@pytest.fixture
async def person(staff: Staff, sample: SampleProvider) -> Person:
    """Somebody whom the provider knows, and whose account is linked."""
    return await linked(staff, sample)


async def linked(staff: Staff, sample: SampleProvider) -> Person:
    """An account for whoever signs in there."""
    staff.keeping = replace(staff.keeping, issuers=frozenset({sample.issuer}))
    one = await staff.open(Role.CASEWORKER)
    async with staff.worker.transaction(staff.operator) as tx:
        await link_identity(
            one.principal_id, sample.issuer, sample.subject, staff.operator, tx, staff.keeping
        )
    return one


async def _begin(staff: Staff, providers: dict[str, IdentityProvider]) -> BegunSignIn:
    return await begin_sign_in("city", BACK, providers, staff.signing_in)


async def _sign_in(
    staff: Staff, sample: SampleProvider, providers: dict[str, IdentityProvider]
) -> NewSession:
    begun = await _begin(staff, providers)
    state, code = sample.sign_in(begun.authorization_url)
    returned = ReturnedSignIn(state, code, begun.browser_token)
    return await finish_sign_in(returned, providers, staff.signing_in)


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
async def test_whoever_is_linked_signs_in_by_the_providers_word(
    staff: Staff,
    sample: SampleProvider,
    providers: dict[str, IdentityProvider],
    person: Person,
    algorithm: str,
) -> None:
    sample.algorithm = algorithm
    session = await _sign_in(staff, sample, providers)
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
    assert (await _sign_in(staff, sample, providers)).acr == acr


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
        await _sign_in(staff, sample, providers)
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
        await _sign_in(staff, sample, providers)


async def test_a_sign_in_is_finished_once_by_the_browser_that_began_it(
    staff: Staff, sample: SampleProvider, providers: dict[str, IdentityProvider], person: Person
) -> None:
    begun = await _begin(staff, providers)
    state, code = sample.sign_in(begun.authorization_url)
    for browser_token in ("of-somebody-else", begun.browser_token):  # the first has used it up
        with pytest.raises(SignInRefused):
            await finish_sign_in(ReturnedSignIn(state, code, browser_token), providers, staff.signing_in)
    assert "token" not in sample.asked
    begun = await _begin(staff, providers)
    state, code = sample.sign_in(begun.authorization_url)
    returned = ReturnedSignIn(state, code, begun.browser_token, issuer=sample.issuer)
    await finish_sign_in(returned, providers, staff.signing_in)
    with pytest.raises(SignInRefused):
        await finish_sign_in(returned, providers, staff.signing_in)


@pytest.mark.parametrize("other", [{"state": "made-up"}, {"code": "made-up"}, {"issuer": "https://mix.up"}])
async def test_what_comes_back_must_be_what_was_begun(
    staff: Staff,
    sample: SampleProvider,
    providers: dict[str, IdentityProvider],
    person: Person,
    other: dict[str, str],
) -> None:
    begun = await _begin(staff, providers)
    state, code = sample.sign_in(begun.authorization_url)
    returned = {"state": state, "code": code, "browser_token": begun.browser_token} | other
    with pytest.raises(SignInRefused):
        await finish_sign_in(ReturnedSignIn(**returned), providers, staff.signing_in)


async def test_whoever_stays_away_for_long_begins_anew(
    staff: Staff, sample: SampleProvider, providers: dict[str, IdentityProvider], person: Person
) -> None:
    begun = await _begin(staff, providers)
    state, code = sample.sign_in(begun.authorization_url)
    staff.later(minutes=10)
    with pytest.raises(SignInRefused):
        await finish_sign_in(ReturnedSignIn(state, code, begun.browser_token), providers, staff.signing_in)


async def test_of_sign_ins_that_are_never_finished_so_many_are_remembered_and_the_latest_go_on(
    staff: Staff,
    sample: SampleProvider,
    providers: dict[str, IdentityProvider],
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forget_old_rows, "MOST_UNDER_WAY", 2)
    begun = [await _begin(staff, providers) for _ in range(4)]
    parts, done = staff.signing_in, 1
    while done:
        async with staff.worker.transaction(staff.operator) as tx:
            done = await forget_old_rows.forget_old_rows(
                tx, parts.accounts, parts.sessions, parts.tries, timedelta(days=90)
            )
    outcomes = []
    for one in begun:
        state, code = sample.sign_in(one.authorization_url)
        returned = ReturnedSignIn(state, code, one.browser_token)
        try:
            await finish_sign_in(returned, providers, staff.signing_in)
            outcomes.append("in")
        except SignInRefused:
            outcomes.append("out")
    assert outcomes == ["out", "out", "in", "in"]


async def test_a_locked_account_is_locked_at_the_provider_as_well(
    staff: Staff, sample: SampleProvider, providers: dict[str, IdentityProvider], person: Person
) -> None:
    staff.files.execute("update access.account set state = 'LOCKED'")
    with pytest.raises(SignInRefused):
        await _sign_in(staff, sample, providers)


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
    begun = await _begin(staff, providers)
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


async def test_keys_that_the_provider_has_turned_are_found(
    staff: Staff,
    sample: SampleProvider,
    providers: dict[str, IdentityProvider],
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await _sign_in(staff, sample, providers)
    await _sign_in(staff, sample, providers)
    assert (sample.asked.count("configuration"), sample.asked.count("keys")) == (1, 1)
    sample.turn_keys()
    with pytest.raises(SignInRefused):  # not asked for again within a minute
        await _sign_in(staff, sample, providers)
    now = time.monotonic()
    monkeypatch.setattr("services.access.adapters.identity_provider.time.monotonic", lambda: now + 60)
    await _sign_in(staff, sample, providers)


async def test_a_key_that_the_provider_has_withdrawn_opens_nothing_after_a_while(
    staff: Staff,
    sample: SampleProvider,
    providers: dict[str, IdentityProvider],
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await _sign_in(staff, sample, providers)
    withdrawn, key_id = sample.elliptic, sample.key_id
    sample.turn_keys()
    sample.sign = lambda _, claims: jwt.encode(claims, withdrawn, algorithm="ES256", headers={"kid": key_id})
    now = time.monotonic()
    monkeypatch.setattr("services.access.adapters.identity_provider.time.monotonic", lambda: now + 600)
    with pytest.raises(SignInRefused):
        await _sign_in(staff, sample, providers)


@pytest.mark.parametrize("path", ["/", "/realm/", "/realm"])
async def test_an_issuer_is_taken_to_the_letter_and_a_slash_at_its_end_belongs_to_it(
    staff: Staff, tmp_path: Path, path: str
) -> None:
    sample = SampleProvider(path=path)
    await sample.start()
    assert sample.issuer.endswith(path)
    provider = provider_of(sample, tmp_path)
    try:
        person = await linked(staff, sample)
        session = await _sign_in(staff, sample, {"city": provider})
        assert (await staff.assertion(session.session_token)).account.principal_id == person.principal_id
    finally:
        await provider.close()
        await sample.stop()


@pytest.mark.parametrize(
    "configuration",
    [
        {"issuer": "https://other.example"},
        {"token_endpoint": "http://plain.example/token"},
        {"jwks_uri": None},
    ],
)
async def test_a_provider_that_describes_itself_wrongly_is_none(
    staff: Staff,
    sample: SampleProvider,
    providers: dict[str, IdentityProvider],
    configuration: dict[str, Any],
) -> None:
    sample.configuration = configuration
    with pytest.raises(ProviderUnavailable):
        await _begin(staff, providers)


async def test_a_provider_that_is_away_is_said_to_be(
    staff: Staff, sample: SampleProvider, providers: dict[str, IdentityProvider]
) -> None:
    begun = await _begin(staff, providers)
    state, code = sample.sign_in(begun.authorization_url)
    await sample.stop()
    with pytest.raises(ProviderUnavailable):
        await finish_sign_in(ReturnedSignIn(state, code, begun.browser_token), providers, staff.signing_in)


def test_the_providers_file_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    file = tmp_path / "providers.json"
    good = (
        '{"name": "city", "issuer": "https://id.example", "client_id": "kem",'
        ' "redirect_uris": ["https://hub.example/in", "http://127.0.0.1:8000/in"]}'
    )
    file.write_text(f'{{"providers": [{good}]}}')
    assert [one.name for one in read_providers(file)] == ["city"]
    assert read_providers(None) == []
    for text, complaint in (
        ("nonsense", "JSON"),
        ('{"providers": [{"name": "city"}]}', "issuer"),
        (f'{{"providers": [{good.replace("https://id", "http://id")}]}}', "https://"),
        (f'{{"providers": [{good.replace("client_id", "client")}]}}', "client"),
        (f'{{"providers": [{good.replace("https://hub", "http://hub")}]}}', "redirect_uris.*https://"),
        (f'{{"providers": [{good.replace("city", "The City!")}]}}', "name"),
        (f'{{"providers": [{good}, {good}]}}', "city.*twice"),
    ):
        file.write_text(text)
        with pytest.raises(ValueError, match=complaint):
            read_providers(file)
