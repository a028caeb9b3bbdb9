"""The story: a city keeps its staff in Keycloak, and they sign in to the hub there, with a browser.
The breakage: addresses that were tampered with on the way, users that are gone, accounts that are locked.
What must still hold: a session begins for the one person whom Keycloak vouches for, as it vouches for them.
"""

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from chassis.tls import secure_channel
from kem.access.v1 import access_service_pb2 as messages
from kernel.ids import random_id
from kernel.vocabulary import Role
from services.access.domain.authenticator import STEP_SECONDS, code_at
from tests.component.staff.access_service import SCHEMAS, AccessHub, Desk, running_access
from tests.component.staff.data_folder import data_folder
from tests.component.staff.login_command import LoginCommand
from tests.deep.keycloak_realm import (
    BACK,
    CLIENT,
    CLIENT_SECRET,
    ELSEWHERE,
    LOOPBACK,
    LOOPBACK_OF_ANOTHER,
    OTP_SECRET,
    PASSWORD,
    PUBLIC_CLIENT,
    REALM,
    realm,
    subject_of,
)
from tests.support.form_browser import FormBrowser, PageStayed
from tests.support.hub_certificates import tools_files
from tests.support.keycloak import running_keycloak
from tests.support.refusals import refused
from tools.stack.broker import Broker
from tools.stack.debian import ProgramMissing
from tools.stack.postgres import PostgresServer


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("keycloak") / "keycloak.log"
    try:
        with running_keycloak(realm(), log) as one:
            yield one
    except ProgramMissing as missing:
        pytest.skip(missing.sentence)


@pytest.fixture(scope="module")
async def hub(
    origin: str,
    postgres_server: PostgresServer,
    database_template: Callable[[tuple[str, ...]], str],
    broker: Broker,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[AccessHub]:
    folder = tmp_path_factory.mktemp("access")
    (folder / "client-secret").write_text(CLIENT_SECRET)
    city = {
        "name": "city",
        "issuer": f"{origin}/realms/{REALM}",
        "client_id": CLIENT,
        "client_secret_file": str(folder / "client-secret"),
        "redirect_uris": [BACK, ELSEWHERE, LOOPBACK],
        "second_factor_acr": ["gold"],
        "second_factor_amr": [],
    }
    terminal = {
        "name": "terminal",
        "issuer": city["issuer"],
        "client_id": PUBLIC_CLIENT,
        "redirect_uris": [LOOPBACK_OF_ANOTHER],
        "second_factor_amr": ["mfa"],
    }
    (folder / "providers.json").write_text(json.dumps({"providers": [city, terminal]}))
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
async def browser(origin: str) -> AsyncIterator[FormBrowser]:
    async with FormBrowser(origin) as one:
        yield one


@pytest.fixture(scope="module")
async def staff(hub: AccessHub, origin: str) -> dict[str, str]:
    """The principals of those who have an account, by what Keycloak calls them."""
    found = {}
    async with secure_channel(hub.address, "access", tools_files()) as channel:
        desk = Desk(hub, channel)
        for username, roles in {
            "maria": [Role.CASEWORKER, Role.AUDITOR],
            "nikos": [Role.AUDITOR],
            "gone": [Role.CASEWORKER],
        }.items():
            opened = await desk.open(*roles)
            found[username] = opened.account.principal_id
            request = messages.LinkIdentityRequest(
                request_id=str(random_id()),
                principal_id=found[username],
                issuer=f"{origin}/realms/{REALM}",
                subject=str(subject_of(username)),
            )
            await desk.staff.LinkIdentity(request, metadata=desk.keeper())
    return found


def _known_as(username: str) -> dict[str, str]:
    code = code_at(OTP_SECRET, int(time.time()) // STEP_SECONDS)
    return {"username": username, "password": PASSWORD, "otp": code}


async def _begun(desk: Desk, provider: str = "city", back: str = BACK) -> messages.BeginSignInResponse:
    return await desk.sign_in.BeginSignIn(messages.BeginSignInRequest(provider=provider, redirect_uri=back))


def _finish(back: str, browser_token: str) -> messages.FinishSignInRequest:
    brought = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    return messages.FinishSignInRequest(
        state=brought["state"], code=brought["code"], issuer=brought["iss"], browser_token=browser_token
    )


async def test_somebody_signs_in_by_code_and_pkce_and_keycloaks_word_opens_their_session_once(
    desk: Desk, browser: FormBrowser, staff: dict[str, str]
) -> None:
    begun = await _begun(desk)
    back = await browser.sign_in(begun.authorization_url, _known_as("maria"))
    assert back.startswith(f"{BACK}?")
    finish = _finish(back, begun.browser_token)
    session = (await desk.sign_in.FinishSignIn(finish)).session
    issued = await desk.assertion(session)
    assert (issued.principal_id, issued.acr, list(issued.roles)) == (staff["maria"], "pwd", ["caseworker"])
    assert list(session.withheld_roles) == ["auditor"]
    with refused() as refusal:
        await desk.sign_in.FinishSignIn(finish)
    assert refusal.reason == "SIGN_IN_REFUSED"


@pytest.mark.parametrize(
    ("provider", "back"), [("city", BACK), ("terminal", "http://127.0.0.1:49152/signed-in/terminal")]
)
async def test_a_code_at_keycloak_is_a_second_factor_here_by_acr_and_by_amr(
    desk: Desk, browser: FormBrowser, staff: dict[str, str], provider: str, back: str
) -> None:
    begun = await _begun(desk, provider, back)
    came = await browser.sign_in(begun.authorization_url, _known_as("nikos"))
    session = (await desk.sign_in.FinishSignIn(_finish(came, begun.browser_token))).session
    issued = await desk.assertion(session)
    assert (issued.principal_id, issued.acr, list(issued.roles)) == (staff["nikos"], "mfa", ["auditor"])


async def test_whoever_has_no_authenticator_at_keycloak_is_known_by_a_password_alone_by_amr_too(
    desk: Desk, browser: FormBrowser, staff: dict[str, str]
) -> None:
    begun = await _begun(desk, "terminal", "http://127.0.0.1:49152/signed-in/terminal")
    came = await browser.sign_in(begun.authorization_url, _known_as("maria"))
    session = (await desk.sign_in.FinishSignIn(_finish(came, begun.browser_token))).session
    assert session.acr == "pwd"


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "of-another-sign-in"},
        {"redirect_uri": ELSEWHERE},
        {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"},
        {"client_id": PUBLIC_CLIENT, "redirect_uri": "http://127.0.0.1:49152/signed-in/terminal"},
    ],
    ids=lambda changed: "-".join(changed),
)
async def test_a_code_that_keycloak_gave_for_a_changed_address_opens_nothing(
    desk: Desk, browser: FormBrowser, staff: dict[str, str], changed: dict[str, str]
) -> None:
    begun = await _begun(desk)
    page = urlsplit(begun.authorization_url)
    asked = {name: values[0] for name, values in parse_qs(page.query).items()} | changed
    back = await browser.sign_in(page._replace(query=urlencode(asked)).geturl(), _known_as("maria"))
    with refused() as refusal:
        await desk.sign_in.FinishSignIn(_finish(back, begun.browser_token))
    assert refusal.reason == "SIGN_IN_REFUSED"


async def test_an_address_that_is_none_of_ours_gets_a_browser_neither_from_the_hub_nor_from_keycloak(
    desk: Desk, browser: FormBrowser, staff: dict[str, str]
) -> None:
    with refused() as refusal:
        await _begun(desk, back="https://elsewhere.example/signed-in")
    assert refusal.reason == "REDIRECT_NOT_ALLOWED"
    page = urlsplit((await _begun(desk)).authorization_url)
    asked = {name: values[0] for name, values in parse_qs(page.query).items()}
    asked["redirect_uri"] = "https://elsewhere.example/signed-in"
    with pytest.raises(PageStayed, match="Invalid parameter: redirect_uri"):
        await browser.sign_in(page._replace(query=urlencode(asked)).geturl(), _known_as("maria"))


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"username": "gone"}, "Account is disabled"),
        ({"password": "four wrong chairs"}, "Invalid username or password"),
        ({"otp": "000000"}, "Invalid authenticator code"),
    ],
    ids=["disabled", "wrong password", "wrong code"],
)
async def test_whom_keycloak_does_not_let_in_gets_no_code(
    desk: Desk, browser: FormBrowser, staff: dict[str, str], answers: dict[str, str], words: str
) -> None:
    begun = await _begun(desk)
    with pytest.raises(PageStayed, match=words):
        await browser.sign_in(begun.authorization_url, _known_as("nikos") | answers)


async def test_whose_account_is_locked_here_is_refused_whatever_keycloak_says(
    desk: Desk, browser: FormBrowser, staff: dict[str, str]
) -> None:
    about = {"principal_id": staff["maria"]}
    lock = messages.LockAccountRequest(request_id=str(random_id()), **about)
    await desk.staff.LockAccount(lock, metadata=desk.keeper())
    begun = await _begun(desk)
    back = await browser.sign_in(begun.authorization_url, _known_as("maria"))
    with refused() as refusal:
        await desk.sign_in.FinishSignIn(_finish(back, begun.browser_token))
    unlock = messages.UnlockAccountRequest(request_id=str(random_id()), **about)
    await desk.staff.UnlockAccount(unlock, metadata=desk.keeper())
    assert refusal.reason == "SIGN_IN_REFUSED"


async def test_kem_login_takes_a_person_to_keycloak_and_back_to_the_terminal(
    desk: Desk, hub: AccessHub, browser: FormBrowser, staff: dict[str, str], tmp_path: Path
) -> None:
    layout = data_folder(hub, tmp_path / "data")
    with layout.hold():
        for provider in ("city", "terminal"):
            async with LoginCommand(layout, provider, tmp_path) as command:
                back = await browser.sign_in(await command.opened(), _known_as("nikos"))
                assert "You can close this window" in await browser.page(back)
                code, said = await command.ended()
            assert (code, "You are signed in with a second factor as auditor" in said) == (0, True), said
