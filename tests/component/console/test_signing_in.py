"""Signing in at the console: first passwords, authenticators, who is kept out, and what a form must bring."""

import base64
import re
from urllib.parse import quote
from uuid import uuid4

import pytest

from kem.access.v1 import access_service_pb2 as messages
from kernel.vocabulary import Role
from tests.component.staff.access_service import code_of
from tests.support.console import PASSWORD, ConsoleHub
from tests.support.pages import Browser


async def test_somebody_signs_in_and_out(console: ConsoleHub) -> None:
    credentials = await console.account(Role.AGENCY_MEMBER, agency="UNHCR", name="Ελένη Δείγμα")
    async with Browser(console.url) as browser:
        page = await browser.get("/sign-in")
        home = await browser.send(page, "login", login=credentials.login, password=PASSWORD)
        assert (home.code, home.path) == (200, "/home")
        assert "Ελένη Δείγμα" in home.words
        out = await browser.send(home, "/sign-out")
        assert out.path == "/sign-in?said=signed-out"
        assert (await browser.get("/home")).path == "/sign-in"


async def test_a_first_password_is_changed_before_anything_else(console: ConsoleHub) -> None:
    credentials = await console.account(Role.AGENCY_MEMBER, agency="UNHCR")
    operator = console.hub.person(await console.agency_id("UNHCR"), None, Role.OPERATOR)

    accounts = await console.hub.staff.ListAccounts(
        messages.ListAccountsRequest(login=credentials.login), metadata=operator.credentials()
    )
    reset = await console.hub.staff.ResetCredentials(
        messages.ResetCredentialsRequest(
            request_id=str(uuid4()), principal_id=accounts.accounts[0].principal_id
        ),
        metadata=operator.credentials(),
    )
    async with Browser(console.url) as browser:
        page = await browser.get("/sign-in")
        first = await browser.send(page, "login", login=credentials.login, password=reset.one_time_password)
        assert "good once" in first.words
        wrong = await browser.send(
            first,
            "new_password",
            password=reset.one_time_password,
            new_password="nine blue tables",
            again="nine blue table",
        )
        assert wrong.code == 400
        assert "differ" in wrong.words
        assert "nine blue" not in wrong.html, "what was typed as a password is never sent back"
        done = await browser.send(
            wrong,
            "new_password",
            password=reset.one_time_password,
            new_password="nine blue tables",
            again="nine blue tables",
        )
        assert done.path == "/sign-in?said=password-changed"
        home = await browser.send(done, "login", login=credentials.login, password="nine blue tables")
        assert home.path == "/home"


async def test_roles_that_need_an_authenticator_are_closed_until_one_is_set_up(console: ConsoleHub) -> None:
    credentials = await console.account(Role.DPO, Role.CASEWORKER)
    async with Browser(console.url) as browser:
        page = await browser.get("/sign-in")
        home = await browser.send(page, "login", login=credentials.login, password=PASSWORD)
        assert "Some of your roles count only with an authenticator" in home.words
        step = await browser.get("/authenticator")
        shown = await browser.send(step, "login", login=credentials.login, password=PASSWORD)
        letters = re.search(r"type this: ((?:[A-Z2-7]{4} ?)+)", shown.words)
        assert letters
        code = code_of(base64.b32decode(letters[1].replace(" ", "")))
        done = await browser.send(shown, "new_code", password=PASSWORD, new_code=code)
        assert done.path == "/home?said=authenticator-set"


async def test_a_wrong_password_is_told_without_saying_what_was_wrong(console: ConsoleHub) -> None:
    async with Browser(console.url) as browser:
        page = await browser.get("/sign-in")
        again = await browser.send(page, "login", login="nobody-here", password="something else")
        assert again.code == 400
        assert again.title.startswith("Error:")
        assert browser.kept("kem-session") == ""
        empty = await browser.send(again, "login", login="", password="")
        assert "Type your login." in empty.words
        assert "Type your password." in empty.words


@pytest.mark.parametrize(
    "onward", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example"]
)
async def test_a_sign_in_leads_to_no_other_site(console: ConsoleHub, onward: str) -> None:
    credentials = await console.account(Role.AGENCY_MEMBER, agency="UNHCR")
    async with Browser(console.url) as browser:
        page = await browser.get("/sign-in?next=" + quote(onward))
        home = await browser.send(page, "login", login=credentials.login, password=PASSWORD, next=onward)
        assert home.path == "/home"


async def test_a_form_from_elsewhere_is_not_taken(console: ConsoleHub) -> None:
    fields = {"login": "somebody", "password": PASSWORD}
    async with Browser(console.url) as browser, Browser(console.url) as other:
        token = dict((await browser.get("/sign-in")).form("login").fields)["csrf"]
        await other.get("/sign-in")
        for refused in (
            await browser.post("/sign-in", fields),
            await browser.post("/sign-in", fields | {"csrf": token[::-1]}),
            await other.post("/sign-in", fields | {"csrf": token}),
            await browser.post(
                "/sign-in", fields | {"csrf": token}, headers={"origin": "https://elsewhere.example"}
            ),
            await browser.post(
                "/sign-in", fields | {"csrf": token}, headers={"sec-fetch-site": "cross-site"}
            ),
        ):
            assert refused.code == 403
            assert "Nothing was saved" in refused.words
        taken = await browser.post("/sign-in", fields | {"csrf": token}, headers={"origin": console.url})
        assert taken.code == 400, "it was looked at"


async def test_what_is_longer_than_a_form_is_not_read(console: ConsoleHub) -> None:
    async with Browser(console.url) as browser:
        page = await browser.get("/sign-in")
        token = dict(page.form("login").fields)["csrf"]
        refused = await browser.post("/sign-in", {"csrf": token, "login": "x" * 300_000})
        assert refused.code == 413


async def test_every_answer_has_the_headers_that_keep_browsers_safe(console: ConsoleHub) -> None:
    async with Browser(console.url) as browser:
        for path in ("/sign-in", "/there-is-nothing-here", "/home"):
            headers = (await browser.get(path)).headers
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert headers["cache-control"] == "no-store"
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"
        kept = await browser.get("/static/console.css")
        assert "immutable" in kept.headers["cache-control"]


async def test_nothing_at_an_address_is_a_page_too(console: ConsoleHub) -> None:
    async with Browser(console.url) as browser:
        page = await browser.get("/there-is-nothing-here")
        assert page.code == 404
        assert "There is nothing here" in page.words


async def test_whoever_has_signed_out_everywhere_is_out_in_other_browsers(console: ConsoleHub) -> None:
    credentials = await console.account(Role.AGENCY_MEMBER, agency="UNHCR")
    async with Browser(console.url) as first, Browser(console.url) as second:
        for browser in (first, second):
            page = await browser.get("/sign-in")
            await browser.send(page, "login", login=credentials.login, password=PASSWORD)
        await first.send(await first.get("/sign-out"), "everywhere", everywhere="yes")
        assert (await first.get("/home")).path == "/sign-in"
        assert (await second.get("/home")).path == "/sign-in"


async def test_the_language_is_the_browsers_until_one_is_chosen(console: ConsoleHub) -> None:
    async with Browser(console.url, "el-GR,el;q=0.9") as browser:
        assert 'lang="el"' in (await browser.get("/sign-in")).html
        chosen = await browser.get("/sign-in?lang=en&next=%2Fhome")
        assert chosen.path == "/sign-in?next=/home"
        assert '<html lang="en"' in chosen.html
        assert '<html lang="en"' in (await browser.get("/sign-in")).html
