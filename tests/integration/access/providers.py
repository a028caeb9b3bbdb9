"""Signing in at a sample provider, by the use cases themselves."""

from dataclasses import replace
from pathlib import Path

from kernel.vocabulary import Role
from services.access.adapters.identity_provider import IdentityProvider
from services.access.settings import ProviderSettings
from services.access.use_cases.begin_session import NewSession
from services.access.use_cases.begin_sign_in import BegunSignIn, begin_sign_in
from services.access.use_cases.finish_sign_in import ReturnedSignIn, finish_sign_in
from services.access.use_cases.link_identity import link_identity
from tests.integration.access.staff import Person, Staff
from tests.support.identity_provider import CLIENT_ID, CLIENT_SECRET, SampleProvider

BACK = "https://hub.example/signed-in"


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


async def linked(staff: Staff, sample: SampleProvider) -> Person:
    """An account for whoever signs in there."""
    staff.keeping = replace(staff.keeping, issuers=frozenset({sample.issuer}))
    one = await staff.open(Role.CASEWORKER)
    async with staff.worker.transaction(staff.operator) as tx:
        await link_identity(
            one.principal_id, sample.issuer, sample.subject, staff.operator, tx, staff.keeping
        )
    return one


async def begin(staff: Staff, providers: dict[str, IdentityProvider]) -> BegunSignIn:
    return await begin_sign_in("city", BACK, providers, staff.signing_in)


async def sign_in(staff: Staff, sample: SampleProvider, providers: dict[str, IdentityProvider]) -> NewSession:
    begun = await begin(staff, providers)
    state, code = sample.sign_in(begun.authorization_url)
    returned = ReturnedSignIn(state, code, begun.browser_token)
    return await finish_sign_in(returned, providers, staff.signing_in)
