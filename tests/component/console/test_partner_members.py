"""An admin of an agency keeps the accounts of its people at the console."""

import re
from uuid import uuid4

import pytest

from kem.access.v1 import access_service_pb2 as access
from kernel.vocabulary import Role
from tests.support.console import ConsoleHub
from tests.support.pages import Browser, Shown
from tests.support.partner_agency import PartnerAgency, make_agency

LIST = "/partner/members"


@pytest.fixture(scope="module")
async def agency(console: ConsoleHub) -> PartnerAgency:
    return await make_agency(console)


def password_on(page: Shown) -> str:
    found = re.findall(r'<span class="kem-code"><bdi>([^<]+)</bdi>', page.html)
    assert len(found) == 2, page.words
    return str(found[1])


def form_of(page: Shown, step: str) -> dict[str, str]:
    for form in page.forms:
        if dict(form.fields).get("step") == step:
            return dict(form.fields)
    raise AssertionError(f"no form to {step}: {page.words}")


async def opened_account(browser: Browser, name: str = "Ελένη Δείγμα") -> tuple[str, Shown]:
    """A new account: its login, and the page with its password."""
    login = f"new-{uuid4().hex[:8]}"
    page = await browser.get(f"{LIST}/new")
    done = await browser.send(
        page, "login", login=login, display_name=name, roles=["agency_member", "caseworker"]
    )
    assert done.code == 200, done.words
    return login, done


async def page_of(browser: Browser, login: str) -> Shown:
    """The page of an account, found by its link in the list."""
    listed = await browser.get(LIST)
    for link in listed.links:
        if link.startswith(f"{LIST}/") and not link.endswith("/new"):
            page = await browser.get(link)
            if login in page.words:
                return page
    raise AssertionError(f"{login} is not among the members")


async def test_an_account_is_opened_and_its_password_is_shown_once(agency: PartnerAgency) -> None:
    async with agency.browser(Role.AGENCY_ADMIN) as browser:
        login, shown = await opened_account(browser)
        password = password_on(shown)
        assert login in shown.words
        assert password not in (await browser.get(LIST)).html
        assert password not in (await page_of(browser, login)).html
    async with agency.console.browser() as newcomer:
        page = await newcomer.get("/sign-in")
        first = await newcomer.send(page, "login", login=login, password=password)
        assert "good once" in first.words


async def test_a_form_sent_twice_opens_one_account_and_shows_the_same_password(
    agency: PartnerAgency,
) -> None:
    async with agency.browser(Role.AGENCY_ADMIN) as browser:
        page = await browser.get(f"{LIST}/new")
        login = f"twice-{uuid4().hex[:8]}"
        answers = {"login": login, "display_name": "Double", "roles": "agency_member"}
        first, again = [await browser.send(page, "login", **answers) for _ in range(2)]
        assert password_on(first) == password_on(again)
        assert (await browser.get(LIST)).words.count("Double") == 1


async def test_what_is_wrong_with_a_new_account_is_said_at_its_field(agency: PartnerAgency) -> None:
    async with agency.browser(Role.AGENCY_ADMIN) as browser:
        taken, _ = await opened_account(browser)
        page = await browser.get(f"{LIST}/new")
        empty = await browser.send(page, "login", login="", display_name="", roles=[])
        for words in ("at least three letters", "Write what the person is called", "at least one role"):
            assert words in empty.words
        again = await browser.send(page, "login", login=taken, display_name="Somebody", roles="agency_member")
        assert again.code == 400
        fields = dict(page.form("login").fields) | {"login": f"x-{uuid4().hex[:6]}", "display_name": "X"}
        forged = await browser.post(f"{LIST}/new", fields | {"roles": "operator"})
        assert forged.code == 400
        assert "roles of agencies only" in forged.words


async def test_an_account_is_locked_unlocked_given_other_roles_and_closed(agency: PartnerAgency) -> None:
    async with agency.browser(Role.AGENCY_ADMIN) as browser:
        login, _ = await opened_account(browser)
        page = await page_of(browser, login)
        path = page.path
        page = await browser.post(path, form_of(page, "lock"))
        assert page.path == f"{path}?said=account-lock"
        assert "Locked" in page.words
        page = await browser.post(path, form_of(page, "unlock"))
        assert page.path == f"{path}?said=account-unlock"
        roles = form_of(page, "roles")
        assert (await browser.post(path, {**roles, "roles": []})).code == 400
        page = await browser.post(path, {**roles, "roles": ["supervisor"]})
        assert page.path == f"{path}?said=account-roles"
        assert "supervisor" in page.words
        missing = await browser.post(path, form_of(page, "close"))
        assert "Tick that you mean it" in missing.words
        page = await browser.post(path, form_of(page, "close") | {"sure": "yes"})
        assert page.path == f"{path}?said=account-close"
        assert not any(dict(form.fields).get("step") for form in page.forms), "nothing is left to be done"


async def test_a_lost_password_is_made_anew_and_the_old_one_counts_no_more(agency: PartnerAgency) -> None:
    async with agency.browser(Role.AGENCY_ADMIN) as browser:
        login, shown = await opened_account(browser)
        page = await page_of(browser, login)
        reset = await browser.post(page.path, form_of(page, "reset"))
        assert password_on(reset) != password_on(shown)
        repeated = await browser.post(page.path, form_of(page, "reset"))
        assert password_on(repeated) == password_on(reset)


async def test_nobody_changes_the_own_account_or_sees_another_agencys(
    console: ConsoleHub, agency: PartnerAgency
) -> None:
    elsewhere = await make_agency(console)
    async with elsewhere.browser(Role.AGENCY_ADMIN) as browser:
        listed = await browser.get(LIST)
        [own] = [one for one in listed.links if one.startswith(f"{LIST}/") and not one.endswith("/new")]
        page = await browser.get(own)
        assert "This is your own account" in page.words
        assert not any(dict(form.fields).get("step") for form in page.forms)
        forged = dict(page.forms[0].fields) | {"step": "lock"}
        refused = await browser.post(own, forged)
        assert refused.code == 400
        assert "ask a colleague" in refused.words
    async with agency.browser(Role.AGENCY_ADMIN) as browser:
        for path in (own, f"{LIST}/{uuid4()}", f"{LIST}/not-an-id"):
            assert (await browser.get(path)).code == 404


async def test_many_members_are_read_page_by_page(console: ConsoleHub) -> None:
    crowd = await make_agency(console)
    keeper = console.hub.person(uuid4(), None, Role.OPERATOR)
    for number in range(120):
        request = access.OpenAccountRequest(
            request_id=str(uuid4()),
            agency_id=str(crowd.agency_id),
            login=f"crowd-{uuid4().hex[:12]}",
            display_name=f"Member {number:03}",
            roles=["agency_member"],
        )
        await console.hub.staff.OpenAccount(request, metadata=keeper.credentials())
    async with crowd.browser(Role.AGENCY_ADMIN) as browser:
        page = await browser.get(LIST)
        found = set(re.findall(r"Member \d{3}", page.words))
        while onward := [one for one in page.links if f"{LIST}?after=" in one and "lang=" not in one]:
            page = await browser.get(onward[0])
            found |= set(re.findall(r"Member \d{3}", page.words))
    assert len(found) == 120


@pytest.mark.parametrize("roles", [(Role.AGENCY_MEMBER,), (Role.SUPERVISOR,), (Role.OPERATOR,)])
async def test_other_roles_are_kept_out(agency: PartnerAgency, roles: tuple[Role, ...]) -> None:
    async with agency.browser(*roles) as browser:
        for path in (LIST, f"{LIST}/new", f"{LIST}/{uuid4()}"):
            assert (await browser.get(path)).code == 403
