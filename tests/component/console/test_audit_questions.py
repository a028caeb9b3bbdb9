"""The auditor's questions at the console, asked of a hub in which somebody was given something."""

import json
from uuid import uuid4

import pytest

from kem.access.v1 import access_service_pb2 as access
from kernel.vocabulary import Role
from services.console.adapters.names import KEPT_SECONDS
from tests.component.console.test_partner_withdrawals import recalled
from tests.support.console import ConsoleHub
from tests.support.partner_agency import make_agency, until

QUESTIONS = ("seen", "who", "children", "interpreters")
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
        entries = [one for one in page.links if one.startswith("/audit/entries?about=")]
        assert "Data were given" in (await browser.get(entries[0])).words
        found = json.loads(
            (await browser.get(f"/audit/questions/seen.json?{page.path.partition('?')[2]}")).html
        )
        assert (len(found["rows"]), found["has_more"]) == (2, False)
        file = await browser.get(f"/audit/questions/seen.csv?{page.path.partition('?')[2]}")
        assert file.headers["content-type"].startswith("text/csv")
        assert len(file.html.strip().splitlines()) == 3
        nobody = await browser.send(form, "person", person=str(uuid4()), category="NAME")
        assert (nobody.code, 'scope="row"' in nobody.html) == (404, False)


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
