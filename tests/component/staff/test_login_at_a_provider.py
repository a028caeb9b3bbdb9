"""`./kem login` at an identity provider: a browser goes there and comes back to the terminal's machine."""

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest

from chassis.tls import secure_channel
from kem.access.v1 import access_service_pb2 as messages
from kernel.ids import random_id
from kernel.vocabulary import Role
from tests.component.staff.access_service import SCHEMAS, AccessHub, Desk, running_access
from tests.component.staff.data_folder import data_folder
from tests.component.staff.login_command import LoginCommand
from tests.e2e.typed_terminal import TypedTerminal
from tests.support.hub_certificates import tools_files
from tests.support.identity_provider import CLIENT_ID, CLIENT_SECRET, SampleProvider
from tools.login.at_provider import sign_in_at
from tools.login.kept import read_kept
from tools.stack.broker import Broker
from tools.stack.failure import StackFailure
from tools.stack.layout import Layout
from tools.stack.postgres import PostgresServer


@pytest.fixture(scope="module")
async def sample() -> AsyncIterator[SampleProvider]:
    one = SampleProvider()
    await one.start()
    yield one
    await one.stop()


@pytest.fixture(scope="module")
async def hostile() -> AsyncIterator[SampleProvider]:
    one = SampleProvider()
    await one.start()
    yield one
    await one.stop()


@pytest.fixture(scope="module")
async def hub(
    postgres_server: PostgresServer,
    database_template: Callable[[tuple[str, ...]], str],
    broker: Broker,
    sample: SampleProvider,
    hostile: SampleProvider,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[AccessHub]:
    folder = tmp_path_factory.mktemp("access")
    (folder / "client-secret").write_text(CLIENT_SECRET)
    city = {
        "name": "city",
        "issuer": sample.issuer,
        "client_id": CLIENT_ID,
        "client_secret_file": str(folder / "client-secret"),
        "redirect_uris": ["http://127.0.0.1/signed-in"],
    }
    elsewhere = city | {"name": "elsewhere", "redirect_uris": ["https://hub.example/signed-in"]}
    other = {"issuer": hostile.issuer, "redirect_uris": ["http://127.0.0.1/signed-in/hostile"]}
    providers = [city, elsewhere, city | {"name": "hostile"} | other]
    (folder / "providers.json").write_text(json.dumps({"providers": providers}))
    async with running_access(
        postgres_server,
        database_template(SCHEMAS),
        broker.bootstrap,
        folder,
        KEM_ACCESS_PROVIDERS_FILE=str(folder / "providers.json"),
    ) as running:
        yield running


@pytest.fixture
async def desk(hub: AccessHub) -> AsyncIterator[Desk]:
    async with secure_channel(hub.address, "access", tools_files()) as channel:
        yield Desk(hub, channel)


@pytest.fixture
def layout(hub: AccessHub, tmp_path: Path) -> Iterator[Layout]:
    one = data_folder(hub, tmp_path / "data")
    with one.hold():
        yield one


@pytest.fixture
async def principal_id(desk: Desk, sample: SampleProvider) -> str:
    """Somebody whom the provider knows, and whose account is linked."""
    sample.claims, sample.error, sample.sends_issuer, sample.paths = {}, "", True, ()
    return str((await _known_there(desk, sample, Role.CASEWORKER)).principal_id)


async def _known_there(desk: Desk, sample: SampleProvider, role: Role) -> messages.Account:
    """Somebody whom the provider's browser knows from now on."""
    sample.subject = random_id().hex
    account: messages.Account = (await desk.open(role)).account
    request = messages.LinkIdentityRequest(
        request_id=str(random_id()),
        principal_id=account.principal_id,
        issuer=sample.issuer,
        subject=sample.subject,
    )
    await desk.staff.LinkIdentity(request, metadata=desk.keeper())
    return account


async def _browse(address: str) -> tuple[int, str]:
    """What a browser shows in the end."""
    async with aiohttp.ClientSession() as browser, browser.get(address) as response:
        return response.status, await response.text()


async def test_whoever_comes_back_from_the_provider_is_signed_in_and_the_page_says_that_it_is_done(
    desk: Desk, sample: SampleProvider, layout: Layout, tmp_path: Path, principal_id: str
) -> None:
    async with LoginCommand(layout, "city", tmp_path) as command:
        address = await command.opened()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address), "no state where others see it"
        shown = await _browse(address)
        code, said = await command.ended()
    assert (shown[0], "You can close this window" in shown[1], "Μπορείτε να κλείσετε" in shown[1]) == (
        *(200, True, True),
    )
    assert code == 0, said
    assert "You are signed in without a second factor as caseworker, until" in said
    assert layout.login_file.stat().st_mode & 0o077 == 0
    session = messages.Session(session_token=read_kept(layout).session_token)
    assert (await desk.assertion(session)).principal_id == principal_id
    assert session.session_token not in said


@pytest.mark.parametrize("role", [Role.CASEWORKER, Role.AUDITOR])
async def test_whose_session_the_provider_had_is_said_with_how_to_end_it(
    desk: Desk, sample: SampleProvider, layout: Layout, tmp_path: Path, principal_id: str, role: Role
) -> None:
    """Also where no role of theirs counts, and so nothing else can be said of them."""
    async with LoginCommand(layout, "city", tmp_path) as command:
        account = await _known_there(desk, sample, role)
        await _browse(await command.opened())
        code, said = await command.ended()
    assert (code == 0) == (role is Role.CASEWORKER), said
    assert f"city says that you are Sample Person, account {account.login}." in said
    assert "./kem logout here, sign out at city with it" in said
    assert read_kept(layout).session_token


def _comes_back_to(sample: SampleProvider, path: str) -> Callable[[dict[str, str]], str]:
    """A hostile provider's page: leads on to the sample's as the hub would, and back to this path."""

    def lead(asked: dict[str, str]) -> str:
        origin = asked["redirect_uri"].partition("/signed-in")[0]
        place = sample.issuer + "/authorize"
        return f"{place}?{urlencode(asked | {'redirect_uri': origin + path})}"

    return lead


@pytest.mark.parametrize("path", ["/signed-in", "/signed-in/hostile"])
async def test_a_hostile_provider_gets_no_code_that_another_one_gave(
    sample: SampleProvider,
    hostile: SampleProvider,
    layout: Layout,
    tmp_path: Path,
    principal_id: str,
    path: str,
) -> None:
    """Although the other one sends no `iss`: browsers come back from each to a path of its own."""
    sample.sends_issuer, sample.paths = False, ("/signed-in",)
    hostile.leads_to = _comes_back_to(sample, path)
    async with LoginCommand(layout, "hostile", tmp_path) as command:
        answered, shown = await _browse(await command.opened())
    assert answered == 400
    assert ("not the sign-in that was begun here" if path == "/signed-in" else "redirect_uri") in shown
    assert "token" not in hostile.asked
    assert not layout.login_file.exists()


async def test_a_second_factor_at_the_provider_is_one_here(
    sample: SampleProvider, layout: Layout, tmp_path: Path, principal_id: str
) -> None:
    sample.claims = {"amr": ["pwd", "mfa"]}
    async with LoginCommand(layout, "city", tmp_path) as command:
        await _browse(await command.opened())
        code, said = await command.ended()
    assert (code, "signed in with a second factor as caseworker" in said) == (0, True), said


async def test_what_comes_with_another_state_is_refused_and_ends_no_sign_in(
    layout: Layout, tmp_path: Path, principal_id: str
) -> None:
    async with LoginCommand(layout, "city", tmp_path) as command:
        address = await command.opened()
        for guess in (
            "signed-in?state=made-up&code=x",
            "signed-in?code=x",
            "signed-in?state=a&state=b&code=x",
        ):
            answered, shown = await _browse(address + guess)
            assert (answered, "not the sign-in that was begun here" in shown) == (400, True)
        await _browse(address)
        code, said = await command.ended()
    assert (code, "You are signed in" in said) == (0, True), said


async def test_the_address_for_the_browser_leads_on_once(
    layout: Layout, tmp_path: Path, principal_id: str
) -> None:
    async with LoginCommand(layout, "city", tmp_path) as command, aiohttp.ClientSession() as browser:
        address = await command.opened()
        async with browser.get(address, allow_redirects=False) as first:
            assert first.status == 302
        async with browser.get(address, allow_redirects=False) as second:
            assert second.status == 410
        await _browse(first.headers["location"])
        assert (await command.ended())[0] == 0


async def test_whom_the_provider_lets_in_but_nobody_has_linked_is_refused_in_words_of_their_own(
    sample: SampleProvider, layout: Layout, tmp_path: Path, principal_id: str
) -> None:
    sample.subject = "nobody-of-ours"
    async with LoginCommand(layout, "city", tmp_path) as command:
        await _browse(await command.opened())
        code, said = await command.ended()
    assert (code, "does not count here" in said, "(SIGN_IN_REFUSED)" in said) == (1, True, True), said
    assert not layout.login_file.exists()


async def test_whom_the_provider_does_not_let_in_is_told_so(
    sample: SampleProvider, layout: Layout, tmp_path: Path, principal_id: str
) -> None:
    sample.error = "access_denied"
    async with LoginCommand(layout, "city", tmp_path) as command:
        await _browse(await command.opened())
        code, said = await command.ended()
    assert (code, "city let nobody in, so nobody was signed in. It says: access_denied." in said) == (1, True)
    assert not layout.login_file.exists()


async def test_whoever_does_not_come_back_in_time_is_told_how_to_begin_again(layout: Layout) -> None:
    with pytest.raises(StackFailure, match=r"Nobody came back from city within .* --provider city"):
        await sign_in_at(layout, "city", wait_seconds=0.1)


async def test_a_provider_that_may_not_send_a_browser_to_a_terminal_is_said_with_what_to_do(
    layout: Layout,
) -> None:
    with pytest.raises(StackFailure, match=r"adds http://127.0.0.1/signed-in/elsewhere to its redirect_uris"):
        await sign_in_at(layout, "elsewhere")
    with pytest.raises(StackFailure, match="PROVIDER_NOT_FOUND"):
        await sign_in_at(layout, "nowhere")


async def test_a_person_at_a_terminal_is_asked_where_they_sign_in(layout: Layout, principal_id: str) -> None:
    async with TypedTerminal(layout.data, "login") as terminal:
        await terminal.until_seen(
            "Where do you sign in? Enter for your password here, or city or elsewhere or hostile"
        )
        terminal.type("moon")
        await terminal.until_seen("moon is none of them.")
        terminal.type("city")
        shown = await terminal.until_seen("nonce=")
        page = re.search(r"http://\S+", await terminal.until_seen("S256"))
        assert page is not None, shown
        await _browse(page[0])
        await terminal.until_seen("You are signed in without a second factor as caseworker")
        assert await terminal.ended() == 0


async def test_whoever_prefers_a_password_is_asked_for_it(layout: Layout) -> None:
    async with TypedTerminal(layout.data, "login") as terminal:
        await terminal.until_seen("Where do you sign in?")
        terminal.type("")
        await terminal.until_seen("Login:")
        terminal.interrupt()
