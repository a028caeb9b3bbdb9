"""Signing in at the console by an identity provider: OpenID Connect, code with PKCE, in a browser."""

import json
from collections.abc import AsyncIterator
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp
import pytest
from yarl import URL

from kem.access.v1 import access_service_pb2 as messages
from kernel.vocabulary import Role
from tests.support.console import ConsoleHub, running_console
from tests.support.identity_provider import CLIENT_ID, CLIENT_SECRET, SampleProvider
from tests.support.pages import Browser


@pytest.fixture(scope="module")
async def provider() -> AsyncIterator[SampleProvider]:
    one = SampleProvider()
    await one.start()
    yield one
    await one.stop()


@pytest.fixture(scope="module")
async def console(
    provider: SampleProvider, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ConsoleHub]:
    """Access and the console alone."""
    folder = tmp_path_factory.mktemp("provider")
    (folder / "client-secret").write_text(CLIENT_SECRET)
    city = {
        "name": "city",
        "issuer": provider.issuer,
        "client_id": CLIENT_ID,
        "client_secret_file": str(folder / "client-secret"),
        "redirect_uris": ["http://127.0.0.1/signed-in/city"],
    }
    (folder / "providers.json").write_text(json.dumps({"providers": [city]}))
    settings = {"access": {"KEM_ACCESS_PROVIDERS_FILE": str(folder / "providers.json")}}
    async with running_console(folder / "hub", ("access", "console"), settings) as running:
        yield running


async def linked(console: ConsoleHub, provider: SampleProvider, *roles: Role) -> str:
    """Somebody whom the provider knows; answers as whom."""
    operator = console.hub.person(uuid4(), None, Role.OPERATOR)
    opened = await console.hub.staff.OpenAccount(
        messages.OpenAccountRequest(
            request_id=str(uuid4()),
            login=f"staff-{uuid4().hex[:8]}",
            display_name="Sample Person",
            roles=list(roles),
        ),
        metadata=operator.credentials(),
    )
    subject = uuid4().hex
    await console.hub.staff.LinkIdentity(
        messages.LinkIdentityRequest(
            request_id=str(uuid4()),
            principal_id=opened.account.principal_id,
            issuer=provider.issuer,
            subject=subject,
        ),
        metadata=operator.credentials(),
    )
    return subject


async def through(browser: Browser, subject: str, provider: SampleProvider) -> str:
    """To the provider and back; answers with which address the browser comes back."""
    provider.subject = subject
    page = await browser.get("/sign-in")
    assert "Sign in at city" in page.words
    assert "Sign in at <bdi>city</bdi>" in page.html
    begun = await browser.get("/sign-in/at/city", follow=False)
    address = begun.headers["location"]
    assert urlsplit(address).netloc == urlsplit(provider.issuer).netloc
    async with (
        aiohttp.ClientSession() as http,
        http.get(URL(address, encoded=True), allow_redirects=False) as back,
    ):
        return str(back.headers["location"]).removeprefix(browser.origin)


async def test_somebody_signs_in_where_the_city_knows_them(
    console: ConsoleHub, provider: SampleProvider
) -> None:
    subject = await linked(console, provider, Role.CASEWORKER)
    async with Browser(console.url) as browser:
        home = await browser.get(await through(browser, subject, provider))
        assert home.path == "/home"
        assert "Sample Person" in home.words


async def test_an_answer_of_the_provider_counts_in_the_browser_that_began_and_once(
    console: ConsoleHub, provider: SampleProvider
) -> None:
    subject = await linked(console, provider, Role.CASEWORKER)
    async with Browser(console.url) as browser, Browser(console.url) as other:
        back = await through(browser, subject, provider)
        stolen = await other.get(back)
        assert stolen.code == 400
        assert other.kept("kem-session") == ""
        assert (await browser.get(back)).path == "/home"
        again = await other.get(back)
        assert again.code == 400


async def test_whoever_is_not_known_here_is_let_in_nowhere(
    console: ConsoleHub, provider: SampleProvider
) -> None:
    async with Browser(console.url) as browser:
        refused = await browser.get(await through(browser, uuid4().hex, provider))
        assert refused.code == 400
        assert refused.title.startswith("Error:")
        assert browser.kept("kem-session") == ""
