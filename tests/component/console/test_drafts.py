"""Forms that are begun and not sent: kept, taken up, and whole when somebody is signed out in the middle."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from kernel.vocabulary import Role
from tests.component.console.test_desk import of_somebody, registered
from tests.support.console import ConsoleHub
from tests.support.pages import Browser, Shown
from tools.sample_staff import begin_sessions

WORKER = {"agency": "KEM"}


@pytest.fixture
async def sessions(console: ConsoleHub) -> list[str]:
    """Two of somebody new: they have no drafts but their own test's."""
    return await begin_sessions(console.hub, await console.member(Role.CASEWORKER, **WORKER))


@pytest.fixture
async def desk(console: ConsoleHub, sessions: list[str]) -> AsyncIterator[Browser]:
    """Their browser."""
    async with console.browser() as browser:
        browser.keep("kem-session", sessions[0])
        yield browser


def typed(page: Shown) -> dict[str, str]:
    return dict(page.form("original_given").fields)


async def kept(browser: Browser, form: Shown, **answers: str) -> Shown:
    """What the page's script says, and is answered, while somebody writes."""
    fields = dict(form.form("original_given").fields) | answers
    return await browser.post(f"/desk/drafts/{fields['draft']}", fields, follow=False)


async def test_a_form_that_is_sent_after_the_session_has_ended_is_whole_and_counts_once(
    desk: Browser, sessions: list[str]
) -> None:
    form = await desk.get("/desk/people/new")
    desk.keep("kem-session", "ended")
    held = await desk.send(form, "original_given", **of_somebody(original_family="Χαμένη"))
    assert held.code == 401
    assert "You are signed out" in held.words
    assert "/sign-in" in held.links
    still = await desk.send(held, "original_family")
    assert "You are signed out" in still.words, "nobody has signed in yet"
    desk.keep("kem-session", sessions[1])
    again = await desk.send(still, "original_family")
    assert again.code == 403
    assert "nothing was saved yet" in again.words
    assert (typed(again)["original_family"], typed(again)["sex"]) == ("Χαμένη", "F")
    assert typed(again)["request_id"] == typed(form)["request_id"]
    done = await desk.send(again, "original_given")
    assert "said=registered" in done.path
    assert (await desk.send(again, "original_given")).path == done.path


async def test_a_correction_and_needs_are_whole_after_the_session_has_ended(
    desk: Browser, sessions: list[str]
) -> None:
    person = (await registered(desk)).path.partition("?")[0]
    edit, needs = await desk.get(f"{person}/edit"), await desk.get(f"{person}/needs")
    desk.keep("kem-session", sessions[1])
    shown = await desk.send(edit, "original_given", latin_given="Corrected")
    assert shown.code == 403
    assert typed(shown)["latin_given"] == "Corrected"
    assert typed(shown)["version"] == typed(edit)["version"]
    shown = await desk.send(needs, "type_1", type_1="FOOD")
    assert shown.code == 403
    assert dict(shown.form("type_1").fields)["type_1"] == "FOOD"
    done = await desk.send(shown, "type_1")
    assert "said=need-recorded" in done.path


async def test_what_is_kept_for_later_is_whole_after_the_session_has_ended(
    desk: Browser, sessions: list[str]
) -> None:
    form = await desk.get("/desk/people/new")
    desk.keep("kem-session", "ended")
    answer = await kept(desk, form, original_given="Μισό")
    assert answer.code == 401, "the page's script must not take it for kept"
    held = await kept(desk, form, original_given="Μισό", keep="yes")
    desk.keep("kem-session", sessions[1])
    again = await desk.send(held, "original_given")
    assert "What you typed is still here" in again.words
    done = await desk.send(again, "original_given")
    assert "said=draft-kept" in done.path
    draft = next(one for one in done.links if "?draft=" in one)
    assert typed(await desk.get(draft))["original_given"] == "Μισό"


async def test_a_form_from_elsewhere_is_neither_held_nor_shown_again(
    console: ConsoleHub, desk: Browser
) -> None:
    fields = typed(await desk.get("/desk/people/new")) | of_somebody()
    stale = fields | {"csrf": fields["csrf"][::-1]}
    for session in (desk.kept("kem-session"), "ended"):
        desk.keep("kem-session", session)
        for headers in ({"origin": "https://elsewhere.example"}, {"sec-fetch-site": "cross-site"}):
            refused = await desk.post("/desk/people/new", stale, headers=headers)
            assert refused.code == 403
            assert fields["original_family"] not in refused.html


@pytest.mark.parametrize("language", ["en", "el"])
async def test_whoever_has_too_many_drafts_is_told_so_in_plain_words(
    console: ConsoleHub, language: str
) -> None:
    async with Browser(console.url, language) as browser:
        browser.keep("kem-session", await console.new_session(Role.CASEWORKER, **WORKER))
        form = await browser.get("/desk/people/new")
        answer = await kept(browser, form, original_given="1")
        for number in range(2, 60):
            if answer.code != 200:
                break
            answer = await kept(browser, form, original_given=str(number), draft=str(uuid4()))
        assert answer.code == 409
        words = json.loads(answer.html)["words"]
        assert re.search("fifty|50|πενήντα", words)
        assert "<" not in words


async def test_a_draft_that_cannot_be_destroyed_hides_no_registering(desk: Browser) -> None:
    form = await desk.get("/desk/people/new")
    done = await desk.send(form, "original_given", **of_somebody(draft=uuid4().hex))
    assert done.code == 200, done.words[:200]
    assert "said=registered" in done.path


async def test_a_draft_that_came_back_after_its_form_was_sent_registers_nobody_again(desk: Browser) -> None:
    form, answers = await desk.get("/desk/people/new"), of_somebody()
    done = await desk.send(form, "original_given", **answers)
    assert "said=registered" in done.path
    assert (await kept(desk, form, **answers)).code == 200, "said while the form was on its way"
    back = await desk.get(f"/desk/people/new?draft={typed(form)['draft']}")
    assert typed(back)["original_family"] == answers["original_family"]
    assert (await desk.send(back, "original_given")).path == done.path


async def test_needs_that_are_sent_twice_at_the_same_time_begin_one_referral(desk: Browser) -> None:
    person = (await registered(desk)).path.partition("?")[0]
    form = await desk.get(f"{person}/needs")
    both = await asyncio.gather(*(desk.send(form, "type_1", type_1="FOOD") for _ in range(2)))
    assert {one.code for one in both} == {200}
    case = await desk.get(person)
    assert len({one for one in case.links if "/referrals/" in one}) == 1
