"""What a browser is asked for at an identity provider."""

from math import inf
from urllib.parse import parse_qs, urlsplit

import pytest

from services.access.adapters.identity_provider import IdentityProvider
from services.access.settings import ProviderSettings

REDIRECTS = ("https://console.example/signed-in", "http://127.0.0.1/signed-in")


@pytest.mark.parametrize(
    ("redirect_uri", "prompt"),
    [("https://console.example/signed-in", None), ("http://127.0.0.1:40123/signed-in", ["login"])],
)
async def test_where_any_account_of_a_machine_may_listen_nobody_is_let_in_by_a_click(
    redirect_uri: str, prompt: list[str] | None
) -> None:
    settings = ProviderSettings(
        name="city", issuer="https://id.example", client_id="kem", redirect_uris=REDIRECTS
    )
    provider = IdentityProvider(settings)
    provider._configuration = (inf, {"authorization_endpoint": "https://id.example/auth"})
    asked = parse_qs(urlsplit(await provider.authorization_url(redirect_uri, "s", "n", "v")).query)
    assert asked.get("prompt") == prompt
    assert asked["redirect_uri"] == [redirect_uri]
