"""What an operator does with an account that is there: roles, lock, unlock, a new password, the end."""

from uuid import uuid4

import pytest

from kernel.vocabulary import Role
from tests.component.console.test_partner_members import form_of, password_on
from tests.support.console import PASSWORD, ConsoleHub
from tests.support.pages import Browser, Shown
from tools.sample_staff import Account


@pytest.fixture
async def member(console: ConsoleHub) -> Account:
    """A caseworker of KEM's, who has chosen a password and has no authenticator."""
    return await console.member(Role.CASEWORKER, agency="KEM", name="Kept Example")


def page_of(member: Account) -> str:
    return f"/admin/accounts/{member.principal_id}"


async def signs_in(console: ConsoleHub, member: Account, password: str = PASSWORD) -> Shown:
    """Where somebody comes to who types the login and this password."""
    async with Browser(console.url) as browser:
        page = await browser.get("/sign-in")
        return await browser.send(page, "login", login=member.credentials.login, password=password)


async def test_whoever_is_locked_stays_out_until_the_operator_unlocks(
    console: ConsoleHub, member: Account
) -> None:
    path = page_of(member)
    async with console.browser(Role.OPERATOR) as browser:
        page = await browser.get(path)
        locked = await browser.post(path, form_of(page, "lock"))
        assert locked.path == f"{path}?said=account-lock"
        assert (await signs_in(console, member)).code == 400
        unlocked = await browser.post(path, form_of(locked, "unlock"))
        assert unlocked.path == f"{path}?said=account-unlock"
        assert "The account is unlocked." in unlocked.words
    assert (await signs_in(console, member)).path == "/home"


async def test_a_lost_password_is_made_anew_and_the_old_one_counts_no_more(
    console: ConsoleHub, member: Account
) -> None:
    path = page_of(member)
    async with console.browser(Role.OPERATOR) as browser:
        form = form_of(await browser.get(path), "reset")
        reset = await browser.post(path, form)
        password = password_on(reset)
        assert password_on(await browser.post(path, form)) == password, "a double click makes one"
        assert "Has not chosen one yet" in (await browser.get(path)).words
        assert password not in (await browser.get(path)).html
    assert (await signs_in(console, member)).code == 400
    assert "good once" in (await signs_in(console, member, password)).words


async def test_roles_are_changed_and_what_is_wrong_with_them_is_said_beside_them(
    console: ConsoleHub, member: Account
) -> None:
    path = page_of(member)
    async with console.browser(Role.OPERATOR) as browser:
        form = form_of(await browser.get(path), "roles")
        none = await browser.post(path, {**form, "roles": []})
        assert none.code == 400
        assert none.title.startswith("Error:")
        assert 'href="#roles"' in none.html
        assert ticked(none) == [], "what was sent stays, and not what was there before"
        unknown = await browser.post(path, {**form, "roles": ["caseworker", "service"]})
        assert unknown.code == 400
        assert 'href="#roles"' in unknown.html, "at the field, not somewhere"
        assert ticked(unknown) == ["caseworker"]
        done = await browser.post(path, {**form, "roles": ["intake_worker", "dpo"]})
        assert done.path == f"{path}?said=account-roles"
        assert sorted(ticked(done)) == ["dpo", "intake_worker"]
    home = await signs_in(console, member)
    assert "Some of your roles count only with an authenticator" in home.words


def ticked(page: Shown) -> list[str]:
    """The roles that the page's form has ticked."""
    return [value for name, value in page.form("roles").fields if name == "roles"]


async def test_a_closed_account_stays_closed(console: ConsoleHub, member: Account) -> None:
    path = page_of(member)
    async with console.browser(Role.OPERATOR) as browser:
        page = await browser.get(path)
        unsure = await browser.post(path, form_of(page, "close"))
        assert unsure.code == 400
        assert "Tick that you mean it" in unsure.words
        assert (await signs_in(console, member)).path == "/home"
        closed = await browser.post(path, form_of(page, "close") | {"sure": "yes"})
        assert closed.path == f"{path}?said=account-close"
        assert not any(dict(form.fields).get("step") for form in closed.forms), "nothing is left to be done"
        late = await browser.post(path, form_of(page, "reset") | {"request_id": str(uuid4())})
        assert late.code == 400
    assert (await signs_in(console, member)).code == 400


async def test_what_no_form_says_and_who_is_not_there_are_refused(
    console: ConsoleHub, member: Account
) -> None:
    async with console.browser(Role.OPERATOR) as browser:
        form = form_of(await browser.get(page_of(member)), "lock")
        assert (await browser.post(page_of(member), form | {"step": "promote"})).code == 400
        for nobody in ("not-an-id", str(uuid4())):
            assert (await browser.get(f"/admin/accounts/{nobody}")).code == 404
