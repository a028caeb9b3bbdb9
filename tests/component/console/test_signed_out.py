"""Whose session has ended: nothing that they send is acted upon, and nothing that they typed is lost."""

from uuid import uuid4

import pytest

from kem.disclosure.v1 import complaint_service_pb2 as complaints
from kernel.vocabulary import Role
from tests.support.console import ConsoleHub
from tests.support.console_complaints import officer
from tests.support.pages import Browser
from tools.sample_staff import begin_sessions

FORM = "/complaints/new"


async def ended(console: ConsoleHub, token: str) -> None:
    """The session is over, as it is after half an hour in which nobody used it."""
    async with Browser(console.url) as other:
        other.keep("kem-session", token)
        assert (await other.send(await other.get("/home"), "/sign-out")).path == "/sign-in?said=signed-out"


async def registered(console: ConsoleHub, words: str) -> int:
    """How many complaints say just this."""
    request = complaints.ListComplaintsRequest(page_size=200, view=complaints.COMPLAINT_VIEW_ALL)
    found = 0
    while True:
        listed = await console.hub.complaints.ListComplaints(request, metadata=officer(console).credentials())
        found += sum(one.words == words for one in listed.complaints)
        if not listed.next_page_token:
            return found
        request.page_token = listed.next_page_token


async def test_a_form_that_was_sent_too_late_is_kept_and_counts_once_after_signing_in_again(
    console: ConsoleHub,
) -> None:
    words = f"They <shouted>, twice. {uuid4()}"
    back = await console.member(Role.CASEWORKER, agency="KEM", name="Somebody Example")
    first, second = await begin_sessions(console.hub, back)
    async with console.browser() as browser:
        browser.keep("kem-session", first)
        page = await browser.get(FORM)
        await ended(console, browser.kept("kem-session"))
        held = await browser.send(page, "kind", kind="TREATMENT", words=words)
        assert (held.code, held.path) == (401, FORM)
        assert "You are signed out" in held.words
        assert "/sign-in" in held.links
        assert dict(held.form("words").fields)["words"] == words
        assert held.headers["cache-control"] == "no-store"
        assert await registered(console, words) == 0
        still = await browser.send(held, "words")
        assert (still.code, dict(still.form("words").fields)["words"]) == (401, words)

        browser.keep("kem-session", second)
        asked = await browser.send(held, "words")
        assert asked.code == 403
        assert "You are signed in as Somebody Example" in asked.words
        assert await registered(console, words) == 0, "a form of another session is acted upon by nobody"
        for _ in range(2):
            done = await browser.send(asked, "words")
            assert "The complaint is registered" in done.words, done.words[:300]
        assert await registered(console, words) == 1


async def test_who_has_signed_in_anew_sends_the_old_form_by_one_more_press(console: ConsoleHub) -> None:
    words = f"Nobody came. {uuid4()}"
    back = await console.member(Role.CASEWORKER, agency="KEM")
    first, second = await begin_sessions(console.hub, back)
    async with console.browser() as browser:
        browser.keep("kem-session", first)
        page = await browser.get(FORM)
        await ended(console, browser.kept("kem-session"))
        browser.keep("kem-session", second)
        asked = await browser.send(page, "kind", kind="HELP", words=words)
        assert (asked.code, await registered(console, words)) == (403, 0)
        assert "The complaint is registered" in (await browser.send(asked, "words")).words
        assert await registered(console, words) == 1


@pytest.mark.parametrize("is_held_first", [True, False])
async def test_nobody_is_shown_what_somebody_else_has_typed_here(
    console: ConsoleHub, is_held_first: bool
) -> None:
    words = f"For one alone. {uuid4()}"
    token = await console.new_session(Role.CASEWORKER, agency="KEM")
    async with console.browser() as browser:
        browser.keep("kem-session", token)
        for form, field in ((FORM, "words"), ("/desk/people/new", "original_given")):
            browser.keep("kem-session", token)
            page = await browser.get(form)
            browser.keep("kem-session", "ended")
            if is_held_first:
                page = await browser.send(page, field, **{field: words})
                assert dict(page.form(field).fields)[field] == words
            browser.keep("kem-session", await console.new_session(Role.CASEWORKER, agency="KEM"))
            refused = await browser.send(page, field, **{field: words})
            assert refused.code == 403
            assert "Somebody else has written this form" in refused.words
            assert words not in refused.html
    assert await registered(console, words) == 0


async def test_nothing_is_kept_of_a_form_that_this_browser_did_not_get_from_here(console: ConsoleHub) -> None:
    words = f"Invented. {uuid4()}"
    async with console.browser(Role.CASEWORKER, agency="KEM") as browser, console.browser() as stranger:
        token = dict((await browser.get(FORM)).form("kind").fields)["csrf"]
        await stranger.get("/sign-in")
        fields = {"kind": "HELP", "words": words}
        for refused in (
            await stranger.post(FORM, fields),
            await stranger.post(FORM, fields | {"csrf": token}),
            await stranger.post(FORM, fields | {"csrf": "é"}),
            await browser.post(FORM, fields | {"csrf": token}, headers={"sec-fetch-site": "cross-site"}),
        ):
            assert refused.code == 403
            assert words not in refused.html
    assert await registered(console, words) == 0


async def test_whoever_signs_in_without_the_role_is_shown_nothing_of_it(console: ConsoleHub) -> None:
    words = f"For officers alone. {uuid4()}"
    token = await console.new_session(Role.CASEWORKER, agency="KEM")
    async with console.browser() as browser:
        browser.keep("kem-session", token)
        page = await browser.get(FORM)
        await ended(console, token)
        browser.keep("kem-session", await console.session(Role.AUDITOR))
        refused = await browser.send(page, "kind", kind="HELP", words=words)
        assert refused.code == 403
        assert words not in refused.html


async def test_a_script_is_told_by_a_number_and_a_secret_is_not_kept(console: ConsoleHub) -> None:
    token = await console.new_session(Role.CASEWORKER, agency="KEM")
    async with console.browser() as browser:
        browser.keep("kem-session", token)
        csrf = dict((await browser.get(FORM)).form("words").fields)["csrf"]
        await ended(console, token)
        by_script = {"sec-fetch-dest": "empty"}
        refused = await browser.post(
            f"/desk/drafts/{uuid4()}", {"csrf": csrf}, headers=by_script, follow=False
        )
        assert (refused.code, refused.html) == (401, "signed out\n")
        fields = {"csrf": csrf, "inbox": "DESK", "code_DESK": "402915"}
        lost = await browser.post("/notices/confirm", fields)
        assert lost.path == "/sign-in?said=not-saved"
        assert "What you sent was not saved." in lost.words
        assert "402915" not in lost.html
        assert (await browser.get(FORM)).path == "/sign-in?next=/complaints/new"
