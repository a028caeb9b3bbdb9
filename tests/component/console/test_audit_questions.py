"""The auditor's questions at the console, asked of a hub in which somebody was given something."""

import asyncio
import csv
import html
import io
import json
import re
from datetime import UTC, date, datetime
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from kem.access.v1 import access_service_pb2 as access
from kem.common.v1 import common_pb2
from kem.intake.v1 import consent_pb2, need_pb2
from kem.intake.v1 import intake_service_pb2 as intake
from kem.intake.v1.beneficiary_pb2 import ORIGIN_KEM_DESK
from kernel.vocabulary import Role
from services.console.adapters.names import KEPT_SECONDS
from services.console.entrypoints.pages.audit.question_list import EVERY_QUESTION
from services.intake.domain.beneficiary import Birth, Guardian
from tests.component.console.test_partner_withdrawals import recalled
from tests.support.console import ConsoleHub
from tests.support.pages import Browser, Shown
from tests.support.partner_agency import make_agency, until

QUESTIONS = tuple(one.name for one in EVERY_QUESTION)
_SEARCHES = 500
_SEARCHERS = 100
_AT_ONCE = 10
_NAMES_ARE_KEPT_SECONDS = KEPT_SECONDS + 10


async def test_who_was_given_something_of_a_person(console: ConsoleHub) -> None:
    agency = await make_agency(console)
    await recalled(agency, times=2)
    person = agency.people[-1]
    async with console.browser(Role.AUDITOR) as browser:
        form = await browser.get("/audit/questions/seen")
        page = await browser.send(form, "person", person=person, category="NAME")
        assert page.code == 200
        assert page.html.count('scope="row"') == 2
        again = f"/audit/questions/seen?{page.path.partition('?')[2]}"

        async def named() -> bool:
            return "Agency of a test" in (await browser.get(again)).words

        await until(named, _NAMES_ARE_KEPT_SECONDS)

        async def both_lead_to_entries() -> list[str] | None:
            entries = direct(await browser.get(again))
            return entries if len(entries) == 2 else None

        entries = await until(both_lead_to_entries)
        assert len(set(entries)) == 2, "each to its own"
        for one in entries:
            assert "Data were given" in (await browser.get(one)).words
        assert (await browser.get(again)).calls <= 4, (
            "the disclosures, their entries, names: not one for each"
        )
        found = json.loads(
            (await browser.get(f"/audit/questions/seen.json?{page.path.partition('?')[2]}")).html
        )
        assert (len(found["rows"]), found["has_more"]) == (2, False)
        assert [f"/audit/entries/{place}" for row in found["rows"] for place in row["entries"]] == entries
        file = await browser.get(f"/audit/questions/seen.csv?{page.path.partition('?')[2]}")
        assert file.headers["content-type"].startswith("text/csv")
        lines = list(csv.reader(io.StringIO(file.html)))
        assert lines[0][-2:] == ["about", "entries"]
        assert [f"/audit/entries/{row[-1]}" for row in lines[1:]] == entries
        nobody = await browser.send(form, "person", person=str(uuid4()), category="NAME")
        assert (nobody.code, 'scope="row"' in nobody.html) == (404, False)


def direct(page: Shown) -> list[str]:
    """The ways to entries themselves."""
    return [one for one in page.links if re.fullmatch(r"/audit/entries/\d+", one)]


async def row_of(browser: Browser, path: str, person: str) -> str:
    """The markup of a person's row, on whatever page it is, once it leads to an entry."""

    async def found() -> str | None:
        page = await browser.get(path)
        while person not in page.html:
            onward = [one for one in page.links if "after=" in one]
            assert onward, f"{person} is on no page of {path}"
            page = await browser.get(onward[-1])
        [row] = [one for one in re.findall(r"<tr.*?</tr>", page.html, re.DOTALL) if person in one]
        return row if re.search(r"/audit/entries/\d+", row) else None

    row: str = await until(found)
    return row


async def test_each_consent_of_a_child_or_before_an_interpreter_leads_to_its_entry(
    console: ConsoleHub,
) -> None:
    agency, year, paper = await make_agency(console), datetime.now(UTC).year, "Order 31/2026"
    young = await agency.registered(
        birth=Birth(date(year - 10, 1, 1), estimated=True),
        guardian=Guardian("Mariam", "GUARDIAN", paper, date(year + 1, 6, 30)),
    )
    by_guardian = await agency.permit(
        young,
        given_by=consent_pb2.CONSENT_GIVER_GUARDIAN,
        authority_reference=paper,
        child_assents=True,
        evidence_sha256="ab" * 32,
    )
    heard = await agency.registered()
    interpreter = consent_pb2.Interpreter(
        reference="Interpreter 12",
        mode=consent_pb2.INTERPRETER_MODE_TELEPHONE,
        confidentiality_signed=True,
        of_full_age=True,
    )
    interpreted = await agency.permit(heard, with_interpreter=True, interpreter=interpreter)
    async with console.browser(Role.AUDITOR) as browser:
        for name, person, consent in (
            ("children", young, by_guardian),
            ("interpreters", heard, interpreted),
        ):
            row = await row_of(browser, f"/audit/questions/{name}", person)
            assert "?about=" not in row
            [entry] = re.findall(r"/audit/entries/\d+", row)
            words = (await browser.get(entry)).words
            assert "ConsentRecorded" in words
            assert consent in words


async def test_what_is_missing_is_asked_for(console: ConsoleHub) -> None:
    async with console.browser(Role.DPO) as browser:
        form = await browser.get("/audit/questions/seen")
        half = await browser.send(form, "person", person=str(uuid4()))
        assert half.code == 400
        assert "Fill this in too." in half.words
        wrong = await browser.send(form, "person", person="Maria", category="NAME")
        assert wrong.code == 400
        assert "This is no id" in wrong.words


async def test_a_random_id_is_named(console: ConsoleHub) -> None:
    operator = console.hub.person(uuid4(), None, Role.OPERATOR)
    credentials = await console.account(Role.AGENCY_MEMBER, agency="UNHCR", name="Ελένη Δείγμα")
    found = await console.hub.staff.ListAccounts(
        access.ListAccountsRequest(login=credentials.login), metadata=operator.credentials()
    )
    stranger = str(uuid4())
    async with console.browser(Role.AUDITOR) as browser:
        form = await browser.get("/audit/questions/who")
        page = await browser.send(form, "ids", ids=f"{found.accounts[0].principal_id}\n{stranger}")
        assert "Ελένη Δείγμα" in page.words
        assert f"no account here ({stranger[:8]})" in page.words


@pytest.mark.parametrize("name", ["children", "interpreters"])
async def test_consents_are_asked_for_by_a_period(console: ConsoleHub, name: str) -> None:
    async with console.browser(Role.AUDITOR) as browser:
        long_ago = await browser.get(f"/audit/questions/{name}?from=01/01/1999&until=02/01/1999")
        assert "Nothing of that kind" in long_ago.words
        assert (await browser.get(f"/audit/questions/{name}?from=tomorrow")).code == 400


def table(page: Shown) -> list[list[str]]:
    """The words of each row's cells."""
    rows = re.findall(r"<tr.*?</tr>", page.html.partition("<tbody")[2].partition("</tbody>")[0], re.DOTALL)
    return [
        [
            " ".join(html.unescape(re.sub(r"<[^>]+>", "", cell)).split())
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
        ]
        for row in rows
    ]


async def test_every_question_is_in_the_list_and_can_be_asked(console: ConsoleHub) -> None:
    """With nothing but what it needs, of a referral that there is; and each has files."""
    agency = await make_agency(console)
    [referral_id] = await agency.held()
    known = {
        "referral": referral_id,
        "agency": str(agency.agency_id),
        "category": "NAME",
        "person": agency.people[-1],
        "ids": str(uuid4()),
    }
    async with console.browser(Role.AUDITOR) as browser:

        async def is_entered() -> bool:
            return (await browser.get(f"/audit/referrals/{referral_id}")).code == 200

        await until(is_entered)
        listed = await browser.get("/audit/questions")
        for one in EVERY_QUESTION:
            assert one.path in listed.links
            asked = urlencode({name: known[name] for name in one.needs} | {"ask": "1"})
            page = await browser.get(f"{one.path}?{asked}")
            assert page.code == 200, (one.name, page.words)
            assert ("<table" in page.html) != (
                "Nothing of that kind" in page.words or "No report" in page.words
            )
            assert "json" in (await browser.get(f"{one.path}.json?{asked}")).headers["content-type"]


async def test_why_an_agency_could_see_something_leads_to_its_entries_and_the_referral(
    console: ConsoleHub,
) -> None:
    agency = await make_agency(console)
    referral_id = await recalled(agency)
    async with console.browser(Role.AUDITOR) as browser:
        form = await browser.get("/audit/questions/why")
        asked = {"agency": str(agency.agency_id), "category": "NAME", "referral": referral_id}

        async def is_told() -> Shown | None:
            page = await browser.send(form, "agency", **asked)
            return page if "<table" in page.html else None

        page = await until(is_told)
        told = [row[1] for row in table(page)]
        assert told[0] == "Read"
        assert {"Consent", "The notice", "The agency's agreement"} <= set(told)
        entry = next(one for one in page.links if re.fullmatch(r"/audit/entries/\d+", one))
        assert "Data were given" in (await browser.get(entry)).words
        never = await browser.send(form, "agency", **asked | {"category": "HEALTH"})
        assert "Nothing of that kind" in never.words
        nobody = await browser.send(form, "agency", **asked | {"referral": str(uuid4())})
        assert nobody.code == 404
        assert "check the id" in nobody.words
        empty = await browser.send(form, "agency")
        assert empty.code == 400
        assert empty.words.count("Fill this in too.") == 6, "above the form, and at each of three fields"


def number(written: str) -> int:
    return int(written.replace(",", ""))


async def test_the_states_of_a_day_are_a_sum_and_each_part_leads_to_its_entries(console: ConsoleHub) -> None:
    agency = await make_agency(console)
    await agency.held(count=5)
    async with console.browser(Role.AUDITOR) as browser:

        async def has_many() -> Shown | None:
            page = await browser.get("/audit/questions/states?ask=1")
            return page if "/states/entries?" in page.html else None

        page = await until(has_many)  # of more than three in one state
        *states, whole = table(page)
        assert whole[0] == "All"
        assert sum(map(number, (row[1] for row in states))) == number(whole[1])
        ways = [one for one in page.links if "/states/entries?" in one]
        shown = await browser.get(ways[0])
        entries = {one for one in shown.links if re.fullmatch(r"/audit/entries/\d+", one)}
        [count] = re.findall(r"Its entries: ([\d,]+)", shown.words)
        assert len(entries) == min(number(count), 500), "a page has five hundred; other tests have left some"
        before = await browser.get("/audit/questions/states?ask=1&at=01/01/1999")
        assert table(before) == [["All", "0", ""]]


async def test_five_hundred_rows_are_paged_and_as_they_stood_when_they_were_asked_for(
    console: ConsoleHub,
) -> None:
    """Searches that led to nothing, each in the ledger; nobody may search very often within a minute."""
    kem, places = await console.agency_id("KEM"), asyncio.Semaphore(_AT_ONCE)
    searchers = [console.hub.person(uuid4(), kem, Role.CASEWORKER) for _ in range(_SEARCHERS)]

    async def search(number: int) -> None:
        request = intake.SearchBeneficiariesRequest(phone=f"691 0{number:06}", reason="FOLLOW_UP")
        async with places:
            caller = searchers[number % _SEARCHERS].credentials()
            await console.hub.intake.SearchBeneficiaries(request, metadata=caller)

    await asyncio.gather(*(search(number) for number in range(_SEARCHES)))
    async with console.browser(Role.AUDITOR) as browser:

        async def file() -> list[list[str]] | None:
            got = await browser.get("/audit/questions/idle-searches.csv?ask=1")
            rows = list(csv.reader(io.StringIO(got.html)))
            return rows if len(rows) > _SEARCHES else None

        rows = await until(file)
        assert rows[0][-1] == "entries"
        page, seen = await browser.get("/audit/questions/idle-searches?ask=1"), []
        for _ in range(len(rows)):
            seen += [one for one in page.links if re.fullmatch(r"/audit/entries/\d+", one)]
            onward = [
                one
                for one in page.links
                if re.fullmatch(r"/audit/questions/idle-searches\?ask=1&after=[^&]+", one)
            ]
            if not onward:
                break
            assert len(table(page)) == 50
            page = await browser.get(onward[0])
        assert len(seen) == len(set(seen)) >= _SEARCHES
        assert {f"/audit/entries/{row[-1]}" for row in rows[1:]} <= set(seen)


async def test_what_the_directory_said_is_read_by_one_call_for_all_rows(console: ConsoleHub) -> None:
    """However many services came into question: one asks the ledger, one the directory, one for names."""
    agency = await make_agency(console)
    need = need_pb2.NewNeed(
        beneficiary_id=await agency.person(),
        service_type="FOOD",
        urgency=common_pb2.URGENCY_NORMAL,
        routing=need_pb2.ROUTING_ASK_FIRST,
        origin=ORIGIN_KEM_DESK,
    )
    recorded = await console.hub.intake.RecordNeeds(
        intake.RecordNeedsRequest(request_id=str(uuid4()), needs=[need]), metadata=agency.desk.credentials()
    )
    asked = f"/audit/questions/directory?referral={recorded.needs[0].referral_id}"
    async with console.browser(Role.AUDITOR) as browser:

        async def is_told() -> Shown | None:
            page = await browser.get(asked)
            return page if "<table" in page.html else None

        await until(is_told)
        page = await browser.get(asked)
        rows = table(page)
        assert len({tuple(row[2:4]) for row in rows}) >= 3, "of services"
        assert all(row[2] and row[3] for row in rows), "each with its name and its agency"
        assert page.calls <= 3


async def test_questions_are_auditors_alone(console: ConsoleHub) -> None:
    async with console.browser(Role.SUPERVISOR, agency="KEM") as browser:
        for name in QUESTIONS:
            assert (await browser.get(f"/audit/questions/{name}")).code == 403
        assert (await browser.get("/audit/export")).code == 403


async def test_the_ledger_is_taken_along_with_a_checkpoint(console: ConsoleHub) -> None:
    async with console.browser(Role.AUDITOR) as browser:
        assert "./kem audit export" in (await browser.get("/audit/export")).words
        file = await browser.get("/audit/checkpoint.txt")
        assert "\n— " in file.html
