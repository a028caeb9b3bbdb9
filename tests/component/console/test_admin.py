"""What operators look at: health, what could not be taken, registers."""

from uuid import uuid4

import pytest

from kem.directory.v1.directory_service_pb2 import ListAgenciesRequest
from kernel.vocabulary import Role
from tests.support.console import ConsoleHub
from tools.notices.publishing import sample_notice
from tools.stack.services import schemas_of

REGISTERS = {
    "/admin/agencies": "UNHCR",
    "/admin/agreements": "in force",
    "/admin/certificates": "console",
    "/admin/notices": "Ελληνικά",
    "/admin/codes": "GBV_SHELTER",
}


async def test_an_operator_sees_how_each_service_stands(console: ConsoleHub) -> None:
    async with console.browser(Role.OPERATOR) as browser:
        page = await browser.get("/admin/health")
        assert page.code == 200
        assert page.words.count("serves") == len(schemas_of(console.stack.services))
        assert "does not answer" not in page.words
        letters = await browser.get("/admin/health/referral")
        assert "Everything was taken" in letters.words
        assert (await browser.get("/admin/health/nobody")).code == 404


@pytest.mark.parametrize("path", REGISTERS)
async def test_registers_show_what_the_hub_stands_on(console: ConsoleHub, path: str) -> None:
    async with console.browser(Role.OPERATOR) as browser:
        start = await browser.get("/admin")
        assert path in start.links
        page = await browser.get(path)
        assert page.code == 200
        assert REGISTERS[path] in page.words


async def test_a_version_of_the_notice_is_read_in_its_languages(console: ConsoleHub) -> None:
    version = sample_notice("el").version
    async with console.browser(Role.DPO) as browser:
        link = f"/admin/notices/{version}"
        assert link in (await browser.get("/admin/notices")).links
        page = await browser.get(link)
        assert (page.code, page.title.partition(" – ")[0]) == (200, f"Notice {version}")
        assert '<article class="kem-notice" lang="en" dir="ltr"' in page.html
        assert f"{link}?in=ar" in page.links
        arabic = await browser.get(f"{link}?in=ar")
        assert '<article class="kem-notice" lang="ar" dir="rtl"' in arabic.html
        for strange in (f"{link}?in=xx", "/admin/notices/none"):
            assert (await browser.get(strange)).code == 404


async def test_a_row_of_a_register_leads_on_and_ended_certificates_are_found(console: ConsoleHub) -> None:
    async with console.browser(Role.OPERATOR) as browser:
        agreements = await browser.get("/admin/agreements")
        agency = next(one for one in agreements.links if one.startswith("/admin/agencies/"))
        assert "until_day" in (await browser.get(agency)).form("until_day").names
        page = await browser.get("/admin/certificates")
        assert "/admin/certificates?ended=yes" in page.links
        assert (await browser.get("/admin/certificates?ended=yes")).code == 200


async def test_everybody_reads_for_whom_they_work_and_comes_back_to_their_first_page(
    console: ConsoleHub,
) -> None:
    async with console.browser(Role.AGENCY_MEMBER, agency="UNHCR") as browser:
        page = await browser.get("/partner")
        calls = page.calls
        assert page.links.count("/home") >= 2, "by the mark and by the navigation"
        name = await _name_of(console, "UNHCR")
        assert f"<bdi>{name}</bdi>" in page.html
        assert (await browser.get("/partner")).calls <= calls
    async with console.browser(Role.AGENCY_MEMBER, agency="UNHCR", language="el") as browser:
        assert f"<bdi>{await _name_of(console, 'UNHCR', 'el')}</bdi>" in (await browser.get("/home")).html
    async with console.browser() as stranger:
        assert "/home" not in (await stranger.get("/")).links


async def _name_of(console: ConsoleHub, code: str, language: str = "en") -> str:
    operator = console.hub.person(uuid4(), None, Role.OPERATOR)
    listed = await console.hub.directory.ListAgencies(
        ListAgenciesRequest(code=code), metadata=operator.credentials()
    )
    return str(getattr(listed.agencies[0].name, language))


@pytest.mark.parametrize("role", [Role.CASEWORKER, Role.AUDITOR, Role.AGENCY_ADMIN])
async def test_administration_is_closed_to_others(console: ConsoleHub, role: Role) -> None:
    async with console.browser(role, agency="" if role is Role.AUDITOR else "KEM") as browser:
        for path in ("/admin", "/admin/health", "/admin/health/intake", *REGISTERS):
            assert (await browser.get(path)).code == 403, path


async def test_a_data_protection_officer_sees_registers_and_not_the_machines(console: ConsoleHub) -> None:
    async with console.browser(Role.DPO) as browser:
        assert (await browser.get("/admin/agreements")).code == 200
        assert (await browser.get("/admin/health")).code == 403
        assert "/admin/health" not in (await browser.get("/admin")).links


async def test_an_operator_opens_and_changes_an_account_of_the_hubs_own_staff(console: ConsoleHub) -> None:
    async with console.browser(Role.OPERATOR) as browser:
        assert "/admin/accounts" in (await browser.get("/admin")).links
        form = await browser.get("/admin/accounts/new")
        page = await browser.send(form, "login", login="new-auditor", display_name="Ἄλκης Δείγμα")
        assert page.code == 400
        for words in ("Choose at least one role.", "Choose for whom the person works."):
            assert words in page.words
        login = f"auditor-{uuid4().hex[:8]}"
        page = await browser.send(
            form, "login", login=login, display_name="Άλκης Δείγμα", agency="hub", roles=["auditor"]
        )
        assert "Password for the first sign-in" in page.words
        listed = await browser.send(await browser.get("/admin/accounts"), "login", login=login)
        assert "The hub itself" in listed.words
        assert login not in listed.path, "a login is in no address"
        [link] = [one for one in listed.links if one.startswith("/admin/accounts/") and one[-3:] != "new"]
        account = await browser.get(link)
        assert "Works for The hub itself" in account.words
        locking = next(one for one in account.forms if dict(one.fields).get("step") == "lock")
        locked = await browser.post(link, dict(locking.fields))
        assert "The account is locked." in locked.words


async def test_whoever_works_for_an_agency_is_found_by_it(console: ConsoleHub) -> None:
    await console.account(Role.AGENCY_MEMBER, agency="UNHCR", name="Found Example")
    agency_id = await console.agency_id("UNHCR")
    async with console.browser(Role.OPERATOR) as browser:
        assert "Found Example" in (await browser.get(f"/admin/accounts?agency={agency_id}")).words
        other = await console.agency_id("KEM")
        assert "Found Example" not in (await browser.get(f"/admin/accounts?agency={other}")).words
        nobody = await browser.send(await browser.get("/admin/accounts"), "login", login="nobody-has-it")
        assert "Nobody of that kind" in nobody.words


async def test_an_agency_is_made_changed_and_an_agreement_with_it_begins_and_ends(
    console: ConsoleHub,
) -> None:
    code = f"NEW-{uuid4().hex[:6].upper()}"
    async with console.browser(Role.OPERATOR) as browser:
        form = await browser.get("/admin/agencies/new")
        page = await browser.send(form, "code", code="", name_el="", name_en="")
        assert page.code == 400
        assert "Write a short code" in page.words
        assert "Write the name." in page.words
        page = await browser.send(
            form, "code", code=code, name_el="Νέος φορέας", name_en="A new one", committees=["housing"]
        )
        assert "The agency is saved." in page.words
        here = page.path.partition("?")[0]
        assert "There is no agreement yet" in page.words
        other = await browser.get("/admin/agencies/new")
        taken = await browser.send(other, "code", code=code, name_el="Άλλος", name_en="Another")
        assert taken.code == 400, "one code is of one agency"

        page = await browser.send(
            page, "name_en", name_el="Νέος φορέας", name_en="Changed", committees=["housing"]
        )
        assert "Changed" in page.words
        slip = await browser.send(page, "until_day", from_day="01/01/2026", until_day="soon", purposes=[])
        assert slip.code == 400
        assert "Type the date as day/month/year." in slip.words
        assert "Tick at least one." in slip.words
        slip = await browser.send(page, "until_day", from_day="01/01/0001", until_day="31/12/9999")
        assert slip.code == 400, "and no fault of ours"
        agreed = {
            "from_day": "01/01/2026",
            "until_day": "31/12/2099",
            "regime": "GDPR_CONTROLLER",
            "purposes": ["SERVICE_LEGAL"],
            "categories": ["NAME"],
        }
        page = await browser.send(page, "until_day", **agreed)
        assert "The agreement is saved" in page.words
        kept = dict(page.form("until_day").fields)
        assert (kept["from_day"], kept["until_day"]) == ("01/01/2026", "31/12/2099")
        page = await browser.send(page, "until_day", **(agreed | {"until_day": "01/02/2026"}))
        assert page.code == 200, page.words[:300]
        assert here in (await browser.get("/admin/agencies")).links
    async with console.browser(Role.AUDITOR) as stranger:
        assert (await stranger.get(here)).code == 403
