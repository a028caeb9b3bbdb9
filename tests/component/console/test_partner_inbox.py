"""What an agency is asked, as its people see it at the console."""

import pytest

from kernel.vocabulary import Role
from services.console.entrypoints.pages.partner.cards import PARTNER
from tests.support.console import ConsoleHub
from tests.support.pages import Shown
from tests.support.partner_agency import EMERGENCY, NORMAL, URGENT, PartnerAgency, make_agency, opened, until


@pytest.fixture(scope="module")
async def agency(console: ConsoleHub) -> PartnerAgency:
    return await make_agency(console)


def referrals_on(page: Shown) -> list[str]:
    """The referrals that a list leads to, in its order."""
    return [link.rpartition("/")[2] for link in page.links if link.startswith("/partner/referrals/")]


async def test_without_an_offer_the_page_says_so(console: ConsoleHub) -> None:
    nobody = await make_agency(console)
    async with nobody.browser() as browser:
        page = await browser.get("/partner")
    assert page.code == 200
    assert "No offer waits for you" in page.words
    assert "Refresh" in page.words, "without a script there is a link"


async def test_the_most_urgent_stands_first_and_nothing_says_who_it_is(console: ConsoleHub) -> None:
    asked = await make_agency(console)
    [normal] = await asked.offered()
    [emergency] = await asked.offered(urgency=EMERGENCY)
    [urgent] = await asked.offered(urgency=URGENT)
    async with asked.browser() as browser:
        page = await browser.get("/partner")
        assert referrals_on(page) == [emergency, urgent, normal]
        for shown in ("3 open offers", "Greek for beginners", "Arabic", "an interpreter is needed"):
            assert shown in page.words
        assert "25 to 44 years" in page.words
        card = await opened(browser, emergency)
        for shown in (page.html, card.html):
            for secret in ("Amna", "Ikhtira", "آمنة", "SYR", "ASYLUM_APPLICANT", "69000", "INV-"):
                assert secret not in shown


async def test_what_a_page_has_shown_is_delivered_and_what_was_opened_is_opened(
    agency: PartnerAgency,
) -> None:
    [referral_id] = await agency.offered()
    assert not (await agency.sent(referral_id)).offers[-1].HasField("delivered_time")
    async with agency.browser() as browser:
        # the delivery comes by an event of its own
        async def is_delivered() -> bool:
            await browser.get("/partner")
            return (await agency.sent(referral_id)).offers[-1].HasField("delivered_time")

        await until(is_delivered)
        assert not (await agency.sent(referral_id)).offers[-1].HasField("acknowledged_time")
        await opened(browser, referral_id)
        assert (await agency.sent(referral_id)).offers[-1].HasField("acknowledged_time")


async def test_five_hundred_offers_are_read_page_by_page_and_each_once(console: ConsoleHub) -> None:
    busy = await make_agency(console)
    told = await busy.offered(500, NORMAL)
    async with busy.browser() as browser:
        page = await browser.get("/partner")
        assert "500 open offers" in page.words
        found = referrals_on(page)
        assert len(found) == 50
        while onward := [
            link for link in page.links if link.startswith("/partner?after=") and "lang=" not in link
        ]:
            page = await browser.get(onward[0])
            found += referrals_on(page)
            assert len(found) <= 500
    assert sorted(found) == sorted(told)


@pytest.mark.parametrize("role", sorted(set(Role) - PARTNER - {Role.SERVICE}))
async def test_other_roles_are_kept_out(console: ConsoleHub, role: Role) -> None:
    async with console.browser(role, agency="KEM") as browser:
        for path in ("/partner", "/partner/referrals/00000000-0000-4000-8000-000000000000"):
            page = await browser.get(path)
            assert page.code == 403, page.words


async def test_whoever_has_not_signed_in_is_sent_to_sign_in(console: ConsoleHub) -> None:
    async with console.browser() as browser:
        page = await browser.get("/partner")
        assert page.path == "/sign-in?next=/partner"
