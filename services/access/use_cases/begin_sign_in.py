"""Begins a sign-in at an identity provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chassis.caller import Caller
from kernel.errors import Invalid, KemError, NotFound
from services.access.adapters.identity_provider import IdentityProvider
from services.access.adapters.postgres_sessions import ProviderSignIn
from services.access.adapters.sign_in_key import fresh_token, token_hash
from services.access.use_cases.authenticate import SERVICE, SIGN_IN_SERVICE, SignInParts, put_on_record

METHOD: Final = SIGN_IN_SERVICE + "BeginSignIn"
UNDER_WAY: Final = timedelta(minutes=10)
"""For as long a person may be at the provider's page."""


@dataclass(frozen=True, slots=True)
class BegunSignIn:
    """Where the browser goes, and the secret that only it has."""

    authorization_url: str
    browser_token: str


async def begin_sign_in(
    provider: str, redirect_uri: str, providers: Mapping[str, IdentityProvider], parts: SignInParts
) -> BegunSignIn:
    """Remembers what the end must fit, and answers the provider's page. A refusal is put on record.

    Raises:
        NotFound: PROVIDER_NOT_FOUND.
        Invalid: REDIRECT_NOT_ALLOWED, the address is none of those in the settings.
        ProviderUnavailable: it does not answer.
    """
    state, nonce, verifier, browser_token = (fresh_token() for _ in range(4))
    try:
        found = _provider(provider, redirect_uri, providers)
        page = await found.authorization_url(redirect_uri, state, nonce, verifier)
    except KemError as refusal:
        raise await put_on_record(refusal, Caller.of_service(SERVICE), METHOD, parts) from None
    async with parts.database.transaction(Caller.of_service(SERVICE)) as tx:
        state_hash = token_hash(state)
        begun = ProviderSignIn(
            provider=provider,
            redirect_uri=redirect_uri,
            nonce=nonce,
            code_verifier=parts.key.seal(verifier.encode(), state_hash),
            browser_token_hash=token_hash(browser_token),
            end_time=await tx.now() + UNDER_WAY,
        )
        await parts.sessions.add_under_way(tx, state, begun)
    return BegunSignIn(page, browser_token)


def _provider(name: str, redirect_uri: str, providers: Mapping[str, IdentityProvider]) -> IdentityProvider:
    found = providers.get(name)
    if found is None:
        raise NotFound("The hub knows no identity provider of this name.", reason="PROVIDER_NOT_FOUND")
    if not found.settings.sends_back_to(redirect_uri):
        raise Invalid("A browser is not sent back to this address.", reason="REDIRECT_NOT_ALLOWED")
    return found
