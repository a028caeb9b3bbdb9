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
    ProviderBusy,
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
from services.access.use_cases.to_the_end import TooManyUnderWay

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
        redirect_uri: where the browser came back to; empty where that is not told.
    """

    state: str
    code: str
    browser_token: str
    issuer: str = ""
    redirect_uri: str = ""


async def finish_sign_in(
    returned: ReturnedSignIn, providers: Mapping[str, IdentityProvider], parts: SignInParts
) -> NewSession:
    """Signs the person in; works once for each sign-in that was begun.

    Every outcome is put on record, also where the browser is gone before it is known.

    Raises:
        ProviderSignInRefused: it was not begun here, by this browser, or lately; or the provider's word does
            not hold; or no account that may be used is linked with whom it vouches for.
        ProviderUnavailable, ProviderBusy: it does not answer, or too many wait for it; begin anew.
        TooManyUnderWay: nothing was looked at, what came back is still good.
    """
    try:
        return await parts.coming_back(_finish(returned, providers, parts))
    except TooManyUnderWay as refusal:
        raise await put_on_record(refusal, Caller.of_service(SERVICE), METHOD, parts) from None


async def _finish(
    returned: ReturnedSignIn, providers: Mapping[str, IdentityProvider], parts: SignInParts
) -> NewSession:
    nobody, account = Caller.of_service(SERVICE), None
    try:
        identity = await _identity(returned, providers, parts)
    except (ProviderUnavailable, ProviderBusy) as refusal:
        raise await put_on_record(refusal, nobody, METHOD, parts) from None
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
    if provider is None or verifier is None:
        return None
    if not await _has_sent(provider, begun, returned, is_the_only_one=len(providers) == 1):
        return None
    try:
        return await provider.prove(returned.code, begun.redirect_uri, begun.nonce, verifier.decode())
    except TokenNotValid:
        return None


async def _has_sent(
    provider: IdentityProvider, begun: ProviderSignIn, returned: ReturnedSignIn, *, is_the_only_one: bool
) -> bool:
    """Whether this provider has sent the browser back, and none for which it was mistaken (RFC 9700 § 4.4).

    It is known by its `iss`, which must be there where the provider says that it sends one (RFC 9207), or
    else by the address, which is no other provider's.
    """
    if returned.redirect_uri not in ("", begun.redirect_uri):
        return False
    if returned.issuer:
        return returned.issuer == provider.settings.issuer
    return (is_the_only_one or bool(returned.redirect_uri)) and not await provider.sends_issuer()


def _is_same_browser(begun: ProviderSignIn, returned: ReturnedSignIn) -> bool:
    return hmac.compare_digest(begun.browser_token_hash, token_hash(returned.browser_token))


def _is(found: Account | None, account: Account) -> bool:
    return found is not None and found.principal_id == account.principal_id
