"""Who follows a case: said on its page, changed by who may, and listed to those whom it concerns."""

from uuid import uuid4

from kem.access.v1.access_service_pb2 import LockAccountRequest
from kernel.vocabulary import Role
from tests.component.console.test_desk import KEM, registered, with_a_need
from tests.integration.chassis.waiting import until
from tests.support.console import ConsoleHub
from tests.support.pages import Browser, Shown


async def case_of(browser: Browser) -> str:
    """The address of somebody who was registered just now."""
    return (await registered(browser)).path.partition("?")[0]


async def named(browser: Browser, person: str, caseworker: str, deputy: str) -> Shown:
    form = await browser.get(f"{person}/workers")
    return await browser.send(form, "caseworker", caseworker=caseworker, deputy=deputy)


async def test_whoever_registers_somebody_follows_the_case_and_names_a_deputy_who_learns_of_it(
    console: ConsoleHub,
) -> None:
    worker = await console.member(Role.CASEWORKER, agency="KEM", name="Worker Example")
    deputy = await console.member(Role.CASEWORKER, agency="KEM", name="Deputy Example")
    async with console.browser_of(worker) as own, console.browser_of(deputy) as others:
        assert "You follow no case yet" in (await own.get("/desk/cases")).words
        referral = (await with_a_need(own)).path.partition("?")[0]
        person = referral.partition("/referrals")[0]
        assert "Nobody is named: name somebody" in (await own.get(person)).words

        page = await named(own, person, str(worker.principal_id), str(deputy.principal_id))
        assert "It is noted who follows the case" in page.words
        assert "Caseworker Worker Example Deputy Deputy Example" in page.words
        mine = await own.get("/desk/cases")
        assert "Yours 1" in mine.words
        assert "Deputy: Deputy Example" in mine.words
        assert person in mine.links
        theirs = await others.get("/desk/cases")
        assert "Where you stand in 1" in theirs.words
        assert "Food" in theirs.words
        assert referral in (await others.get("/desk")).links, "and moves in it are the deputy's as well"

        page = await named(own, person, str(worker.principal_id), "")
        assert "Nobody is named: name somebody" in page.words
        assert "You follow no case yet" in (await others.get("/desk/cases")).words
        assert referral not in (await others.get("/desk")).links


async def test_who_may_not_change_it_is_told_who_may(console: ConsoleHub) -> None:
    other = await console.member(Role.CASEWORKER, agency="KEM")
    async with console.browser(Role.CASEWORKER, **KEM) as browser, console.browser_of(other) as stranger:
        person = await case_of(browser)
        assert "a supervisor or the agency's admin" in (await stranger.get(f"{person}/workers")).words
        assert "a supervisor or the agency's admin" not in (await browser.get(f"{person}/workers")).words
        page = await named(stranger, person, str(other.principal_id), "")
        assert page.code == 400
        assert "ask one of them" in page.words
    async with console.browser(Role.SUPERVISOR, **KEM) as supervisor:
        page = await named(supervisor, person, str(other.principal_id), "")
        assert page.code == 200, page.words[:300]


async def test_slips_are_told_at_their_field_and_whoever_is_gone_is_seen_to_be(console: ConsoleHub) -> None:
    worker = await console.member(Role.CASEWORKER, agency="KEM", name="Leaving Example")
    async with console.browser_of(worker) as browser:
        person = await case_of(browser)
        page = await named(browser, person, str(worker.principal_id), str(worker.principal_id))
        assert page.code == 400
        assert "Name somebody else as deputy" in page.words
        page = await named(browser, person, "", "")
        assert page.code == 400
        assert "Choose who follows the case." in page.words
    operator = console.hub.person(uuid4(), None, Role.OPERATOR)
    request = LockAccountRequest(request_id=str(uuid4()), principal_id=str(worker.principal_id))
    await console.hub.staff.LockAccount(request, metadata=operator.credentials())
    async with console.browser(Role.SUPERVISOR, **KEM) as supervisor:
        page = await supervisor.get(f"{person}/workers")
        assert "somebody who is no longer here" in page.words
        assert "Leaving Example" not in page.words


async def test_many_cases_cost_as_many_calls_as_one(console: ConsoleHub) -> None:
    worker = await console.member(Role.CASEWORKER, agency="KEM")
    async with console.browser_of(worker) as browser:
        await with_a_need(browser)
        await browser.get("/desk/cases")
        few = (await browser.get("/desk/cases")).calls
        for _ in range(3):
            await with_a_need(browser)
        page = await browser.get("/desk/cases")
        assert "Yours 4" in page.words
        assert page.calls <= few <= 4


async def test_a_need_that_has_ended_is_left_out(console: ConsoleHub) -> None:
    worker = await console.member(Role.CASEWORKER, agency="KEM")
    async with console.browser_of(worker) as browser:
        referral = (await with_a_need(browser)).path.partition("?")[0]
        form = await browser.get(f"{referral}/cancel")
        page = await browser.send(form, "reason", reason="NO_LONGER_NEEDED")
        assert page.code == 200, page.words[:300]

        async def nothing_is_left() -> bool:
            return "Nothing is under way." in (await browser.get("/desk/cases")).words

        await until(nothing_is_left)
