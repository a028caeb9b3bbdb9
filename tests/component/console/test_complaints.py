"""Complaints at the console: read and answered by officers, read by supervisors, registered at any desk."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from kem.disclosure.v1 import complaint_service_pb2 as messages
from kernel.vocabulary import Role
from tests.component.console.test_audit_ledger import card, waiting
from tests.component.console.test_desk import registered
from tests.support.console import ConsoleHub
from tests.support.console_complaints import answered, complained, desk_of, kept
from tests.support.pages import Browser, Shown

DAY, COMPLAINT = re.compile(r"\d\d/\d\d/\d{4}"), re.compile(r"/complaints/[0-9a-f-]{36}")
KEM = {"agency": "KEM"}


def words_of(what: str) -> str:
    """Somebody's own words, which nobody else has said."""
    return f"{what} {uuid4()}"


async def found_in(browser: Browser, path: str, complaint_id: str) -> Shown | None:
    """The page of the list on which a complaint stands; None where it is on none."""
    while True:
        page = await browser.get(path)
        assert page.code == 200, page.words[:300]
        if f"/complaints/{complaint_id}" in page.links:
            return page
        onward = [one for one in page.links if "after=" in one]
        if not onward:
            return None
        path = onward[-1]


def main_of(page: Shown) -> Shown:
    """Without what stands around: the navigation leads to the list, too."""
    return replace(page, html=page.html[page.html.index("<main") :])


async def listed(browser: Browser, path: str, complaint_id: str) -> Shown:
    page = await found_in(browser, path, complaint_id)
    assert page is not None, f"{complaint_id} is on no page of {path}"
    return page


@pytest.mark.parametrize("role", [Role.SAFEGUARDING_OFFICER, Role.DPO])
async def test_an_officer_reads_a_complaint_and_answers_it_once(console: ConsoleHub, role: Role) -> None:
    words, found = (
        words_of("They shouted.\nEverybody heard it."),
        words_of("It was so. We have said sorry."),
    )
    complaint_id = await complained(
        console, words, by=await desk_of(console), about=await console.agency_id("UNHCR"), days_ago=3
    )
    path = f"/complaints/{complaint_id}"
    async with console.browser(role) as browser:
        row = card(await listed(browser, "/complaints", complaint_id), path)
        assert "came 3 days ago" in row
        assert "without a name" in row
        page = await browser.get(path)
        for told in (
            "They shouted.",
            "Everybody heard it.",
            "How somebody was treated",
            "UNHCR",
            "KEM",
        ):
            assert told in page.words
        assert page.title.startswith("Complaint –"), "nothing of it stands in a title"
        assert words.splitlines()[0] not in page.title
        wordless = await browser.send(page, "finding")
        assert wordless.code == 400
        assert "Say what was found." in wordless.words
        assert "Write what was found and done." in wordless.words
        fields = {"finding": "UPHELD", "words": found}
        for _ in range(2):
            done = await browser.send(page, "finding", **fields)
            assert done.path == f"{path}?said=complaint-answered", "a double click answers once"
        assert found in done.words
        assert "It is right" in done.words
        assert await found_in(browser, "/complaints", complaint_id) is None
        assert "It is right" in card(await listed(browser, "/complaints?view=all", complaint_id), path)
    one = await kept(console, words)
    assert (one.finding, one.answer_words) == (messages.COMPLAINT_FINDING_UPHELD, found)
    assert not one.HasField("person_told_time")


async def test_what_the_later_of_two_officers_has_written_is_not_lost_to_them(console: ConsoleHub) -> None:
    complaint_id = await complained(console, words_of("They sent me away."))
    async with console.browser(Role.DPO) as browser:
        form = await browser.get(f"/complaints/{complaint_id}")
        await answered(console, complaint_id, "It was so.")
        late = await browser.send(form, "finding", finding="NOT_UPHELD", words="I think otherwise.")
        assert late.code == 400
        for told in ("its answer stays", "It was so.", "I think otherwise."):
            assert told in late.words
        assert not [one for one in late.forms if "finding" in one.names]


async def test_who_is_on_record_is_told_first_and_a_wrong_time_is_said_so(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, **KEM) as desk:
        person = (await registered(desk)).path.partition("?")[0]
        form = await desk.get(f"{person}/complaint")
        assert "It is registered as this person's" in form.words
        words = words_of("Nobody called me back.")
        for _ in range(2):
            done = await desk.send(form, "kind", kind="HELP", words=words)
            assert "The complaint is registered" in done.words, done.words[:400]
        assert person in done.links
        assert words not in done.html
    one = await kept(console, words)
    assert not one.anonymous
    assert (one.kind, one.accused_agency_id) == (messages.COMPLAINT_KIND_HELP, "")
    path = f"/complaints/{one.complaint_id}"
    async with console.browser(Role.SAFEGUARDING_OFFICER) as officer:
        page = await officer.get(path)
        assert "Somebody on record" in page.words
        answer = {"finding": "PARTLY_UPHELD", "words": words_of("Partly.")}
        late = f"{datetime.now(UTC) + timedelta(days=3):%d/%m/%Y}"
        for times, told in (
            ({"told_day": "", "told_clock": ""}, "Tell the person who complained first"),
            ({"told_day": "soon"}, "Type the date as day/month/year"),
            ({"told_day": "31/12/1999"}, "Nobody can have been told before they complained."),
            ({"told_day": late}, "in the future"),
        ):
            back = await officer.send(page, "finding", **answer, **times)
            assert back.code == 400, times
            assert told in back.html
            assert 'href="#told_day"' in back.html
            assert answer["words"] in back.html, "what was typed stays"
        done = await officer.send(page, "finding", **answer)
        assert done.path == f"{path}?said=complaint-answered"
    assert (await kept(console, words)).HasField("person_told_time")


async def test_who_complains_and_is_told_within_one_minute_was_told_afterwards(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, **KEM) as desk:
        person = (await registered(desk)).path.partition("?")[0].rpartition("/")[2]
    words = words_of("They lost my papers.")
    complaint_id = await complained(console, words, by=await desk_of(console), person=person)
    async with console.browser(Role.DPO) as officer:
        page = await officer.get(f"/complaints/{complaint_id}")
        done = await officer.send(page, "finding", finding="UPHELD", words="We have found them.")
        assert done.path.endswith("?said=complaint-answered"), done.words[:400]
    one = await kept(console, words)
    assert one.person_told_time.ToNanoseconds() >= one.received_time.ToNanoseconds()


async def test_a_desk_registers_what_it_was_told_and_reads_none(console: ConsoleHub) -> None:
    words, about = words_of("They asked me for money."), str(await console.agency_id("UNHCR"))
    async with console.browser(Role.CASEWORKER, **KEM) as browser:
        for path in ("/home", "/desk/people"):
            assert "/complaints/new" in (await browser.get(path)).links
        form = await browser.get("/complaints/new")
        day = dict(form.form("kind").fields)["received_day"]
        assert DAY.fullmatch(day)
        back = await browser.send(form, "kind", words="x" * 4001, received_day="yesterday", agency=about)
        assert back.code == 400
        for told in ("Choose what the complaint is about.", "at most 4,000 characters", "Type the date as"):
            assert told in back.words
        assert dict(back.form("kind").fields)["agency"] == about
        numbers = set()
        for _ in range(2):
            done = await browser.send(form, "kind", kind="ABUSE", agency=about, words=words)
            assert done.path == "/complaints/new", "no address holds it"
            numbers |= set(re.findall(r"\b[0-9A-F]{4} [0-9A-F]{4}\b", done.words))
        [number] = numbers
        one = await kept(console, words)
        assert one.complaint_id.upper().startswith(number.replace(" ", "")), "a double click is one"
        assert (one.accused_agency_id, one.anonymous) == (about, True)
        assert one.registered_by_agency_id == str(await console.agency_id("KEM"))
        for path in ("/complaints", f"/complaints/{one.complaint_id}"):
            assert (await browser.get(path)).code == 403
        assert f"/complaints/{one.complaint_id}" not in done.links


async def test_an_officer_registers_what_reaches_them_and_goes_on_to_it(console: ConsoleHub) -> None:
    words = words_of("A letter came.")
    async with console.browser(Role.SAFEGUARDING_OFFICER) as browser:
        form = await browser.get("/complaints/new")
        done = await browser.send(form, "kind", kind="DATA", words=words, received_day="31/12/2099")
        assert done.code == 400
        assert 'href="#received_day"' in done.html
        done = await browser.send(form, "kind", kind="DATA", words=words)
        [path] = [one for one in done.links if COMPLAINT.fullmatch(one)]
        assert words in (await browser.get(path)).words


async def test_a_supervisor_reads_what_their_desk_has_registered_unless_it_is_about_them(
    console: ConsoleHub,
) -> None:
    desk, kem = await desk_of(console), await console.agency_id("KEM")
    words = words_of("They lost my papers.")
    own = await complained(console, words, by=desk, about=await console.agency_id("UNHCR"))
    about_themselves = await complained(console, words_of("You lost my papers."), by=desk, about=kem)
    elsewhere = await complained(console, words_of("Elsewhere."))
    async with console.browser(Role.SUPERVISOR, **KEM) as browser:
        assert "/complaints" in (await browser.get("/home")).links
        await listed(browser, "/complaints", own)
        page = await browser.get(f"/complaints/{own}")
        assert words in page.words
        assert "An officer of the hub answers it" in page.words
        assert not [one for one in page.forms if "finding" in one.names]
        fields = dict(page.form("/sign-out").fields) | {"finding": "UPHELD", "words": "We are right."}
        assert (await browser.post(f"/complaints/{own}", fields)).code == 403
        for hidden in (about_themselves, elsewhere, str(uuid4()), "x"):
            gone = await browser.get(f"/complaints/{hidden}")
            assert gone.code == 404
            assert await found_in(browser, "/complaints?view=all", hidden) is None


async def test_an_officer_who_acts_for_an_agency_does_not_look_into_it(console: ConsoleHub) -> None:
    own = await complained(console, words_of("They were late."), by=await desk_of(console))
    async with console.browser(Role.SAFEGUARDING_OFFICER, **KEM) as browser:
        page = await browser.get(f"/complaints/{own}")
        assert page.code == 200
        assert not [one for one in page.forms if "finding" in one.names]


async def test_a_safeguarding_officer_begins_with_what_waits_for_them(console: ConsoleHub) -> None:
    async with console.browser(Role.SAFEGUARDING_OFFICER) as browser:
        before = await browser.get("/home")
        for path in ("/complaints", "/audit/emergencies", "/audit/recalls"):
            assert path in before.links
            assert (await browser.get(path)).code == 200
        for path in ("/audit", "/audit/accesses", "/audit/rights"):
            assert path not in before.links
            assert (await browser.get(path)).code == 403
        for path in ("/audit/emergencies", "/audit/recalls"):
            leads = [one for one in (await browser.get(path)).links if one.startswith("/audit")]
            assert not [one for one in leads if one in ("/audit", "/audit/accesses") or "/referrals/" in one]
        for days in (0, 40):
            await complained(console, words_of("They shouted."), days_ago=days)
        after = await browser.get("/home")
        assert waiting(main_of(after), "/complaints") == waiting(main_of(before), "/complaints") + 2
        assert re.search(r"[\d,]+ overdue", card(main_of(after), "/complaints"))
        assert after.calls <= 2, "all is counted by one call"


async def test_many_complaints_are_read_by_pages_and_each_page_by_one_call(console: ConsoleHub) -> None:
    ids = {await complained(console, words_of("Again."), days_ago=100 + number) for number in range(21)}
    async with console.browser(Role.DPO) as browser:
        seen, path = set[str](), "/complaints?view=overdue"
        while ids - seen:
            page = await browser.get(path)
            assert page.calls <= 2, "the list, and now and then the names of organisations"
            shown = [one.rpartition("/")[2] for one in page.links if COMPLAINT.fullmatch(one)]
            assert 0 < len(shown) <= 20
            assert not seen & set(shown), "nothing stands on two pages"
            seen |= set(shown)
            path = next((one for one in page.links if "after=" in one), "")
            assert path or not ids - seen
        assert "To the beginning of the list" in page.words


async def test_where_nobody_has_complained_it_is_said(console: ConsoleHub) -> None:
    async with console.browser(Role.SUPERVISOR, agency="UNHCR") as browser:
        page = await browser.get("/complaints?view=all")
        assert "Nobody has complained yet" in page.words
        assert "Nothing waits for an answer" in (await browser.get("/complaints")).words
    async with console.browser(Role.DPO, language="el") as browser:
        assert "Παράπονα" in (await browser.get("/complaints")).words
