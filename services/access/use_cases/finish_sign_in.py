"""Finishes a sign-in at an identity provider. The account must be linked: nobody registers themselves."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chassis.access_records import AccessRecord
from chassis.caller import Caller
from services.access.adapters.identity_provider import (
    IdentityProvider,
    ProvenIdentity,
    ProviderUnavailable,
    TokenNotValid,
)
from services.access.adapters.postgres_sessions import ProviderSignIn
from services.access.adapters.sign_in_key import token_hash
from services.access.domain.account import Account, AccountState
from services.access.use_cases.authenticate import (
    SERVICE,
    SIGN_IN_SERVICE,
    SignInParts,
    SignInRefused,
    caller_of,
    put_on_record,
)
from services.access.use_cases.begin_session import NewSession, begin_session

METHOD: Final = SIGN_IN_SERVICE + "FinishSignIn"


class ProviderSignInRefused(SignInRefused):
    """It does not count; why is told nowhere."""

    words = (
        "This sign-in at the identity provider does not count here: it was not begun by this browser, or too"
        " long ago, or no account that may be used is linked with it. Begin anew; if it stays so, ask"
        " whoever keeps your account to link it."
    )


@dataclass(frozen=True, slots=True)
class ReturnedSignIn:
    """What came back with the browser, unverified.

    Args:
        issuer: the parameter `iss` (RFC 9207); empty where the provider sends none.
    """

    state: str
    code: str
    browser_token: str
    issuer: str = ""


async def finish_sign_in(
    returned: ReturnedSignIn, providers: Mapping[str, IdentityProvider], parts: SignInParts
) -> NewSession:
    """Signs the person in; works once for each sign-in that was begun.

    Every outcome is put on record, also where the browser is gone before it is known.

    Raises:
        ProviderSignInRefused: it was not begun here, by this browser, or lately; or the provider's word does
            not hold; or no account that may be used is linked with whom it vouches for.
        ProviderUnavailable: it does not answer; begin anew.
    """
    return await parts.to_the_end(_finish(returned, providers, parts))


async def _finish(
    returned: ReturnedSignIn, providers: Mapping[str, IdentityProvider], parts: SignInParts
) -> NewSession:
    nobody, account = Caller.of_service(SERVICE), None
    try:
        identity = await _identity(returned, providers, parts)
    except ProviderUnavailable as unavailable:
        raise await put_on_record(unavailable, nobody, METHOD, parts) from None
    if identity is not None:
        async with parts.database.transaction(nobody) as tx:
            account = await parts.accounts.linked(tx, identity.issuer, identity.subject)
    caller, session = caller_of(account) if account else nobody, None
    if account is not None and identity is not None:
        async with parts.database.transaction(caller) as tx:
            account = await parts.accounts.lock(tx, account.principal_id)
            still = await parts.accounts.linked(tx, identity.issuer, identity.subject)
            if account.state is AccountState.ACTIVE and _is(still, account):
                session = await begin_session(tx, account, identity.acr, None, parts.sessions, parts.limits)
                tx.record_access(AccessRecord(SERVICE, METHOD))
    if session is None:
        raise await put_on_record(ProviderSignInRefused(), caller, METHOD, parts)
    return session


async def _identity(
    returned: ReturnedSignIn, providers: Mapping[str, IdentityProvider], parts: SignInParts
) -> ProvenIdentity | None:
    async with parts.database.transaction(Caller.of_service(SERVICE)) as tx:
        begun = await parts.sessions.take_under_way(tx, returned.state)
        now = await tx.now()
    if begun is None or now >= begun.end_time or not _is_same_browser(begun, returned):
        return None
    provider = providers.get(begun.provider)
    verifier = parts.key.open(begun.code_verifier, token_hash(returned.state))
    if provider is None or verifier is None or returned.issuer not in ("", provider.settings.issuer):
        return None
    try:
        return await provider.prove(returned.code, begun.redirect_uri, begun.nonce, verifier.decode())
    except TokenNotValid:
        return None


def _is_same_browser(begun: ProviderSignIn, returned: ReturnedSignIn) -> bool:
    return hmac.compare_digest(begun.browser_token_hash, token_hash(returned.browser_token))


def _is(found: Account | None, account: Account) -> bool:
    return found is not None and found.principal_id == account.principal_id
