"""An agency refers somebody who has come to it: by the desk's pages, and seeing only its own people."""

import asyncpg
import pytest

from kernel.vocabulary import Role
from tests.component.console.test_desk import registered
from tests.integration.chassis.waiting import until
from tests.support.console import ConsoleHub
from tests.support.pages import Browser
from tests.support.partner_agency import PartnerAgency, make_agency


@pytest.fixture(scope="module")
async def agency(console: ConsoleHub) -> PartnerAgency:
    return await make_agency(console)


async def referred(browser: Browser, console: ConsoleHub) -> tuple[str, str]:
    """Somebody is registered and has a need: the case's address, and the origin of the referral."""
    case = await registered(browser)
    assert case.code == 200, case.words[:300]
    path = case.path.partition("?")[0]
    form = await browser.get(f"{path}/needs")
    page = await browser.send(form, "type_1", type_1="FOOD")
    assert page.code == 200, page.words[:300]
    referral_id = page.path.partition("?")[0].rpartition("/")[2]
    connection = await asyncpg.connect(console.stack.postgres.url("referral_worker"))
    try:

        async def origin() -> str | None:
            found: str | None = await connection.fetchval(
                "select origin from referral.referral where referral_id = $1::uuid", referral_id
            )
            return found

        return path, str(await until(origin))
    finally:
        await connection.close()


async def test_who_walks_into_an_agency_is_referred_by_it_and_is_no_other_agencys(
    console: ConsoleHub, agency: PartnerAgency
) -> None:
    async with agency.browser() as browser:
        start = await browser.get("/partner/refer")
        assert start.code == 200
        assert "/desk/people/new" in start.links
        form = await browser.get("/desk/people/new")
        assert dict(form.form("origin").fields)["origin"] == "WALK_IN"
        path, origin = await referred(browser, console)
        assert origin == "WALK_IN"
    elsewhere = await make_agency(console)
    async with elsewhere.browser() as browser:
        assert (await browser.get(path)).code == 404


async def test_who_comes_to_kem_comes_to_its_desk(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, agency="KEM") as browser:
        form = await browser.get("/desk/people/new")
        assert dict(form.form("origin").fields)["origin"] == "KEM_DESK"
        _, origin = await referred(browser, console)
        assert origin == "KEM_DESK"


async def test_the_way_in_is_for_agencies(console: ConsoleHub) -> None:
    for role in (Role.CASEWORKER, Role.OPERATOR):
        async with console.browser(role, agency="KEM") as browser:
            assert (await browser.get("/partner/refer")).code == 403
