"""The pages for everybody, on a whole hub with the sample city."""

import csv
import json
import re
from collections.abc import Mapping
from math import ceil
from urllib.parse import quote
from uuid import uuid4

import pytest

from kem.disclosure.v1 import complaint_service_pb2 as complaints
from kernel.vocabulary import Role
from services.console.adapters.catalogue import PUBLIC_LANGUAGES
from services.console.domain.public.directory import PAGE_SIZE
from tests.support.console import ConsoleHub
from tests.support.console_receipts import issue_receipt
from tests.support.pages import Browser, Shown
from tools.stack.layout import ROOT

PAGES = ("/", "/services", "/map", "/receipt", "/complaint")
DATA = (
    "/services.json",
    "/hsds",
    "/hsds/services?per_page=500",
    "/hsds/services?full=true&per_page=500",
    "/hsds/organizations?full=true&per_page=500",
    "/hsds/service_at_locations?full=true&per_page=500",
)


def sample_services() -> list[dict[str, str]]:
    with (ROOT / "deploy" / "sample_city" / "services.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def secrets_of_the_city() -> set[str]:
    """Ids of services that not everybody may know of, and streets that are not shown to everybody."""
    hidden = [one for one in sample_services() if one["listing"] != "PUBLIC" or one["location"] != "PUBLIC"]
    known = {one["address"] for one in sample_services() if one not in hidden}
    ids = {one["id"] for one in hidden if one["listing"] != "PUBLIC"}
    phones = {one["duty_phone"] for one in sample_services() if one["duty_phone"]}
    return ids | phones | ({one["address"] for one in hidden} - known)


async def every_public_answer(browser: Browser) -> Mapping[str, str]:
    """Whatever anybody can come to, from page to page."""
    told: dict[str, str] = {}
    waiting = [*PAGES, *DATA]
    while waiting:
        path = waiting.pop()
        shown = await browser.get(path)
        assert shown.code == 200, path
        told[path] = shown.html
        if shown.headers["content-type"].startswith("text/html"):
            waiting += [
                link
                for link in set(shown.links)
                if re.match(r"/(services|map)\b", link) and "lang=" not in link and link not in told
            ]
            waiting = list(dict.fromkeys(one for one in waiting if one not in told))
    return told


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_nothing_that_is_hidden_is_in_any_page_or_data(console: ConsoleHub, language: str) -> None:
    secrets = secrets_of_the_city()
    assert len(secrets) > 30
    async with console.browser(language=language) as browser:
        told = await every_public_answer(browser)
    assert len([path for path in told if path.startswith("/services/")]) > 100
    assert [(path, one) for path, text in told.items() for one in secrets if one in text] == []


async def test_a_hidden_service_is_told_as_one_that_there_is_not(console: ConsoleHub) -> None:
    hidden = next(one["id"] for one in sample_services() if one["listing"] == "NAMED_STAFF")
    async with console.browser() as browser:
        answers = [await browser.get(f"/services/{one}") for one in (hidden, str(uuid4()), "nonsense")]
        data = [await browser.get(f"/hsds/services/{one}") for one in (hidden, str(uuid4()))]
    assert {(one.code, one.words) for one in answers} == {(404, answers[0].words)}
    assert {one.code for one in data} == {404}


async def test_somebody_finds_what_they_mean_in_any_script(console: ConsoleHub) -> None:
    async with console.browser() as browser:
        for typed in ("mathimata ellinika", "ΜΑΘΗΜΑΤΑ", "Greek lessons", "اليونانية A1"):
            page = await browser.get(f"/services?q={quote(typed)}")
            assert "Greek lessons A1" in page.words, typed
        narrowed = await browser.get("/services?q=mathimata&district=ATHENS_6&language=ara&sector=EDUCATION")
        assert "Greek lessons A1" in narrowed.words
        assert "Show all again" in narrowed.words
        nothing = await browser.get("/services?q=xylophone")
    assert "0 services" in nothing.words
    assert "Nothing was found" in nothing.words


async def test_a_list_has_fifty_on_a_page_and_every_service_once(console: ConsoleHub) -> None:
    seen: list[str] = []
    async with console.browser() as browser:
        total = json.loads((await browser.get("/services.json")).html)["total"]
        for number in range(1, ceil(total / PAGE_SIZE) + 1):
            page = await browser.get(f"/services?page={number}")
            found = [link for link in page.links if re.fullmatch(r"/services/[0-9a-f-]{36}", link)]
            assert len(found) <= PAGE_SIZE
            seen += found
        strange = await browser.get("/services?page=%D9%A3&sector=NONE&district=x&language=y")
    assert len(seen) == len(set(seen)) == total
    assert strange.code == 200


async def test_a_choice_of_language_keeps_what_was_asked(console: ConsoleHub) -> None:
    async with console.browser() as browser:
        page = await browser.get("/services?sector=LEGAL")
        link = next(one for one in page.links if one.endswith("lang=fr"))
        chosen = await browser.get(link.replace("&amp;", "&"))
        assert chosen.path == "/services?sector=LEGAL"
        assert 'lang="fr"' in chosen.html
        assert 'lang="fr"' in (await browser.get("/map")).html


async def test_every_page_is_in_every_language_and_has_a_way_out_at_once(console: ConsoleHub) -> None:
    for language in PUBLIC_LANGUAGES:
        async with console.browser(language=language) as browser:
            for path in PAGES:
                page = await browser.get(path)
                direction = "rtl" if language in ("ar", "fa", "ur") else "ltr"
                assert f'<html lang="{language}" dir="{direction}"' in page.html, path
                assert "govuk-js-exit-this-page-button" in page.html, path
                assert page.headers["cache-control"] == "no-store"


async def test_a_person_checks_their_receipt_by_its_code_and_reads_it_with_the_pin(
    console: ConsoleHub,
) -> None:
    issued = await issue_receipt(console, "ar")
    async with console.browser() as browser:
        form = await browser.get("/receipt")
        checked = await browser.send(form, "code", code=issued.code.lower().replace("-", " "))
        assert "This receipt is valid." in checked.words
        assert issued.content.title not in checked.words
        wrong = await browser.send(form, "code", code="AAAA-BBBB-CCCC")
        assert "This receipt is not valid." in wrong.words
        read = await browser.send(form, "code", code=issued.code, pin=issued.pin)
        assert issued.content.title in read.words
        assert 'lang="ar" dir="rtl"' in read.html
        refused = await browser.send(form, "code", code=issued.code, pin="000000")
        empty = await browser.send(form, "code", code="")
    assert (refused.code, empty.code) == (400, 400)
    assert "not right" in refused.words
    for page in (checked, read, refused):
        assert page.path == "/receipt", "neither code nor PIN is in an address"
        assert issued.code not in page.html
        assert issued.pin not in page.html
        assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("language", "digits"), [("fa", "۰۱۲۳۴۵۶۷۸۹"), ("ar", "٠١٢٣٤٥٦٧٨٩")])
async def test_a_receipt_is_read_with_the_digits_of_the_readers_own_keypad(
    console: ConsoleHub, language: str, digits: str
) -> None:
    issued = await issue_receipt(console, language)
    own = str.maketrans("0123456789", digits)
    async with console.browser(language=language) as browser:
        form = await browser.get("/receipt")
        for _ in range(6):  # as a wrong one it would have closed the receipt by now
            read = await browser.send(
                form, "code", code=issued.code.translate(own), pin=issued.pin.translate(own)
            )
            assert read.code == 200, read.words[:300]
        assert issued.content.title in read.words


async def _sent(browser: Browser, form: Shown, sender: str, **answers: str) -> Shown:
    fields = dict(form.form("words").fields) | answers
    return await browser.post("/complaint", fields, headers={"x-forwarded-for": sender})


async def test_a_complaint_reaches_the_officers_once_and_has_a_number(console: ConsoleHub) -> None:
    words = f"Nobody came. {uuid4()}"
    agency = str(await console.agency_id("UNHCR"))
    async with console.browser() as browser:
        form = await browser.get("/complaint")
        answers = {"kind": "HELP", "agency": agency, "words": words}
        first = await _sent(browser, form, "192.0.2.1", **answers)
        again = await _sent(browser, form, "192.0.2.1", **answers)
    assert "Your complaint is registered" in first.words
    assert (first.path, words in first.html) == ("/complaint", False)
    number = re.search(r"\b[0-9A-F]{4} [0-9A-F]{4}\b", first.words)
    assert number
    assert number[0] in again.words, "a double click is one complaint"
    officer = console.hub.person(uuid4(), None, Role.DPO)
    listed = await console.hub.complaints.ListComplaints(
        complaints.ListComplaintsRequest(page_size=200), metadata=officer.credentials()
    )
    [kept] = [one for one in listed.complaints if one.words == words]
    assert (kept.accused_agency_id, kept.anonymous) == (agency, True)
    assert kept.complaint_id.upper().startswith(number[0].replace(" ", ""))


async def test_a_complaint_without_words_or_kind_comes_back_with_what_was_typed(console: ConsoleHub) -> None:
    async with console.browser() as browser:
        form = await browser.get("/complaint")
        page = await _sent(browser, form, "192.0.2.2", words="They were <rude>.")
        long = await _sent(browser, form, "192.0.2.2", kind="HELP", words="x" * 4001)
    assert page.code == long.code == 400
    assert page.title.startswith("Error:")
    assert "Choose what your complaint is about." in page.words
    assert "They were &lt;rude&gt;." in page.html
    assert "at most 4000 letters" in long.words


async def test_whoever_sends_one_complaint_after_another_is_slowed_and_others_are_not(
    console: ConsoleHub,
) -> None:
    async with console.browser() as browser:
        codes = []
        for number in range(6):
            form = await browser.get("/complaint")
            page = await _sent(browser, form, "192.0.2.3", kind="OTHER_COMPLAINT", words=f"Number {number}")
            codes.append(page.code)
        form = await browser.get("/complaint")
        other = await _sent(browser, form, "192.0.2.4", kind="OTHER_COMPLAINT", words="Another")
    assert codes == [200] * 5 + [429]
    assert "Number 5" in page.html, "nothing that was typed is lost"
    assert other.code == 200
