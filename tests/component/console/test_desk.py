"""A case at the desk, page by page: somebody comes, is registered, has a need, chooses a provider."""

import base64
import re
from uuid import uuid4

import pytest

from kernel.vocabulary import Role
from tests.integration.chassis.waiting import until
from tests.support.console import ConsoleHub
from tests.support.pages import Browser, Shown

KEM = {"agency": "KEM"}


def new_name() -> str:
    """A family name that nobody else has, in Greek letters."""
    return "Παπα" + "".join("αβγδεζηικλμνοπρσ"[int(digit, 16)] for digit in uuid4().hex[:10])


def of_somebody(**other: str) -> dict[str, str]:
    """What a form about somebody new is filled in with."""
    answers = {
        "original_given": "Δείγμα",
        "original_family": new_name(),
        "latin_given": "Deigma",
        "latin_family": "Oikogeneia",
        "birth_date": "31/12/1990",
        "sex": "F",
        "language_1": "fra",
        "district": "ATHENS_6",
    }
    return answers | other


async def registered(browser: Browser, **other: str) -> Shown:
    """Somebody new, on their case's page."""
    form = await browser.get("/desk/people/new")
    return await browser.send(form, "original_given", **of_somebody(**other))


async def with_a_need(browser: Browser, service_type: str = "FOOD") -> Shown:
    """The page of a referral whose providers are found."""
    case = await registered(browser)
    assert case.code == 200, case.words[:300]
    form = await browser.get(case.path.partition("?")[0] + "/needs")
    page = await browser.send(form, "type_1", type_1=service_type)
    assert page.code == 200, page.words[:300]
    found: list[Shown] = []

    async def providers_are_found() -> bool:
        found[:] = [await browser.get(page.path)]
        return "Providers that fit" in found[0].words

    await until(providers_are_found)
    return found[0]


async def test_a_person_comes_and_their_need_finds_a_provider(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, **KEM) as browser:
        page = await with_a_need(browser)
        assert "Why here" in page.words
        assert "Needs the person's consent first" in page.words
        assert "Who was left out, and why" in page.words
        chosen = await browser.send(page, "override_reason")
        assert chosen.code == 400, "nobody is asked to whom the person has not consented"
        assert "consent" in chosen.words.lower()


async def test_whoever_is_registered_with_slips_is_told_which_and_loses_nothing(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, **KEM) as browser:
        form = await browser.get("/desk/people/new")
        page = await browser.send(
            form,
            "original_given",
            birth_date="the first of May",
            contact_value_1="6900000000",
            contact_from_1="noon",
        )
        assert page.code == 400
        assert page.title.startswith("Error:")
        for words in ("Type the name", "Type the date of birth", "at least one language", "Hours are whole"):
            assert words in page.words
        kept = dict(page.form("original_given").fields)
        assert kept["birth_date"] == "the first of May"
        assert kept["contact_value_1"] == "6900000000"


async def test_a_double_click_registers_one_person(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, **KEM) as browser:
        form = await browser.get("/desk/people/new")
        answers = {
            "original_given": "Διπλό",
            "original_family": new_name(),
            "latin_given": "Diplo",
            "latin_family": "Klik",
            "sex": "F",
            "language_1": "ara",
        }
        first = await browser.send(form, "original_given", **answers)
        again = await browser.send(form, "original_given", **answers)
        assert first.path == again.path


async def test_what_is_known_is_shown_in_the_form_and_corrected(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, **KEM) as browser:
        case = await registered(browser, nationality="SYR", contact_value_1="+30 6900000000")
        form = await browser.get(case.path.partition("?")[0] + "/edit")
        fields = dict(form.form("original_given").fields)
        assert (fields["birth_date"], fields["nationality"], fields["district"]) == (
            "1990-12-31",
            "SYR",
            "ATHENS_6",
        )
        done = await browser.send(form, "original_given", latin_given="Deigma")
        assert "The data are corrected." in done.words
        stale = await browser.send(form, "original_given", latin_given="Other", request_id=str(uuid4()))
        assert stale.code == 400, "somebody else has changed it since"


async def test_a_referral_is_at_its_own_persons_address_only(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, **KEM) as browser:
        page = await with_a_need(browser)
        other = await registered(browser)
        referral = re.search(r"/referrals/([0-9a-f-]{36})", page.path)
        assert referral
        person = other.path.partition("?")[0]
        assert (await browser.get(f"{person}/referrals/{referral[1]}")).code == 404


async def test_a_person_is_found_by_name_and_one_more_thing_and_shown_masked(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, **KEM) as browser:
        family = new_name()
        case = await registered(browser, original_family=family)
        page = await browser.get("/desk/people")
        alone = await browser.send(page, "reason", reason="PERSON_IS_HERE", name=family)
        assert alone.code == 400
        found = await browser.send(page, "reason", reason="PERSON_IS_HERE", name=family, birth_year="1990")
        assert found.code == 200
        assert case.path.partition("?")[0] in found.links
        assert family not in found.form("reason").action
        assert family not in found.path
        nobody = await browser.send(page, "reason", reason="PERSON_IS_HERE", name="Ζζζζζζ", birth_year="1901")
        assert "Nobody was found" in nobody.words


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.DPO, Role.OPERATOR, Role.COMMITTEE_COORDINATOR])
async def test_the_desk_is_closed_to_others(console: ConsoleHub, role: Role) -> None:
    async with console.browser(
        role, **({"agency": "UNHCR"} if role is Role.COMMITTEE_COORDINATOR else {})
    ) as browser:
        for path in ("/desk/people", "/desk/people/new", f"/desk/people/{uuid4()}"):
            page = await browser.get(path)
            assert page.code == 403, path
            assert "Your role does not open this page" in page.words


async def test_somebody_elses_person_is_not_there(console: ConsoleHub) -> None:
    async with (
        console.browser(Role.CASEWORKER, **KEM) as desk,
        console.browser(Role.AGENCY_MEMBER, agency="UNHCR") as agency,
    ):
        case = await registered(desk)
        page = await agency.get(case.path.partition("?")[0])
        assert page.code == 404
        assert (await agency.get(f"/desk/people/{uuid4()}")).words == page.words


async def test_the_day_begins_with_what_waits(console: ConsoleHub) -> None:
    async with console.browser(Role.SUPERVISOR, **KEM) as browser:
        assert "Nothing waits for you" in (await browser.get("/desk")).words
        page = await with_a_need(browser)
        today = await browser.get("/desk")
        assert "The person decides next" in today.words
        assert page.path.partition("?")[0] in today.links


async def test_a_receipt_is_a_page_and_a_file_in_the_persons_language_and_its_pin_is_not_on_it(
    console: ConsoleHub,
) -> None:
    async with console.browser(Role.CASEWORKER, **KEM) as browser:
        case = await registered(browser)
        form = await browser.get(case.path.partition("?")[0] + "/receipt")
        page = await browser.send(form, "language", language="ar")
        assert page.code == 200, page.words[:300]
        assert '<article class="kem-receipt" lang="ar" dir="rtl">' in page.html
        found = re.search(r'href="data:application/pdf;base64,([^"]+)" download', page.html)
        assert found
        assert base64.b64decode(found[1]).startswith(b"%PDF-")
        pin = re.search(r"PIN: (\d+)", page.words)
        assert pin
        assert pin[1] not in page.html.partition("<article")[2]
        again = await browser.send(form, "language", language="ar")
        assert "was issued already" in again.words


async def test_a_page_costs_as_many_calls_for_ten_needs_as_for_one(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, **KEM) as browser:
        case = await registered(browser)
        person = case.path.partition("?")[0]
        form = await browser.get(f"{person}/needs")
        await browser.send(form, "type_1", type_1="FOOD")
        await browser.get(person)  # names of agencies are asked for once in a while
        few = {path: (await browser.get(path)).calls for path in (person, f"{person}/contacts")}
        for code in ("AFM", "CLOTHING_HYGIENE", "GENERAL_LEGAL", "JOB_COUNSELLING", "DENTAL"):
            form = await browser.get(f"{person}/needs")
            await browser.send(form, "type_1", type_1=code)
        # of two looks at once one at most has to ask for the names of agencies again
        many = {path: min([(await browser.get(path)).calls for _ in range(2)]) for path in few}
        assert all(many[path] <= few[path] for path in few)
        assert max(many.values()) <= 8
        assert (await browser.get("/desk")).calls <= 10
