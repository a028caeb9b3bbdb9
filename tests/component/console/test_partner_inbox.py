"""What an agency is asked, as its people see it at the console."""

import asyncio
import re
import time
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import asyncpg
import pytest

from kernel.vocabulary import Role
from services.access.adapters.sign_in_key import token_hash
from services.console.entrypoints.pages.partner.cards import PARTNER
from tests.support.console import ConsoleHub
from tests.support.pages import Browser, Shown
from tests.support.partner_agency import EMERGENCY, NORMAL, URGENT, PartnerAgency, make_agency, opened, until

SOON_SECONDS = 1.0


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
        refused = await browser.get("/live?inbox=agency")
        assert refused.path.startswith("/sign-in")


class AsyncStreams(AsyncExitStack):
    """Streams that stay open together."""

    def __init__(self, browser: Browser) -> None:
        super().__init__()
        self._browser = browser

    async def open(self) -> int:
        """Opens one more; answers the code, once its first line has come."""
        response = await self.enter_async_context(self._browser.stream("/live?inbox=agency&after=999999999"))
        await response.content.readline()
        return response.status


class Stream:
    """The events of /live, as a browser gets them."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def known(self) -> int:
        """The number by which the browser would come back, as soon as it is told."""
        async with asyncio.timeout(20):
            while True:
                name, _, value = (await self._response.content.readline()).decode().strip().partition(": ")
                if name == "id":
                    return int(value)

    async def next(self, within: float = 20) -> dict[str, str]:
        """The next event; what keeps the line alive is passed over."""
        async with asyncio.timeout(within):
            found: dict[str, str] = {}
            while True:
                line = (await self._response.content.readline()).decode()
                assert line, "the stream has ended"
                if line == "\n" and "event" in found:
                    return found
                name, _, value = line.strip().partition(": ")
                found[name] = value


async def test_an_open_page_hears_of_an_offer_within_a_second(agency: PartnerAgency) -> None:
    async with agency.browser() as browser:
        page = await browser.get("/partner")
        found = re.search(r'data-kem-live="([^"]+)"', page.html)
        assert found
        address = found[1].replace("&amp;", "&")
        async with browser.stream(address) as response:
            assert response.content_type == "text/event-stream"
            assert response.headers["cache-control"] == "no-store"
            stream = Stream(response)
            recording = asyncio.create_task(agency.offered())
            event = await stream.next()
            heard = time.monotonic()
            [referral_id] = await recording
            assert event["event"] == "changed"
            assert re.fullmatch(r"\d+", event["data"]), "nothing but a number goes over it"
            assert referral_id in referrals_on(await browser.get("/partner"))
            # what is told before it is known at the agency's door would be told in vain
            offered = (await agency.seen(referral_id)).offers[-1].offered_time.ToNanoseconds() / 1e9
            wall = time.time() - (time.monotonic() - heard)
            assert wall - offered < SOON_SECONDS


async def test_what_happened_before_a_page_listened_is_told_at_once(agency: PartnerAgency) -> None:
    async with agency.browser() as browser:
        page = await browser.get("/partner")
        found = re.search(r"after=(\d+)", page.html)
        assert found
        await agency.offered()

        async def has_moved() -> bool:
            newer = re.search(r"after=(\d+)", (await browser.get("/partner")).html)
            return newer is not None and int(newer[1]) > int(found[1])

        await until(has_moved)
        async with browser.stream(f"/live?inbox=agency&after={found[1]}") as response:
            assert (await Stream(response).next())["event"] == "changed"


async def test_who_does_not_say_what_they_know_hears_what_comes_from_now_on(console: ConsoleHub) -> None:
    quiet = await make_agency(console)
    await quiet.offered()
    async with quiet.browser() as browser, browser.stream("/live?inbox=agency") as response:
        stream = Stream(response)
        known = await stream.known()
        await quiet.offered()
        event = await stream.next()
        assert (event["event"], int(event["id"])) == ("changed", int(event["data"]))
        assert int(event["id"]) > known
    async with (
        console.browser(Role.CASEWORKER, agency="KEM") as browser,
        browser.stream("/live?inbox=desk") as response,
    ):
        stream = Stream(response)
        await stream.known()
        await quiet.offered()
        assert (await stream.next())["event"] == "changed", "the desk that sent it hears too"


async def test_a_stream_ends_with_its_session(agency: PartnerAgency) -> None:
    token = await agency.console.new_session(Role.AGENCY_MEMBER, agency=agency.code)
    async with agency.console.browser() as browser:
        browser.keep("kem-session", token)
        page = await browser.get("/partner")
        async with browser.stream("/live?inbox=agency&after=999999999") as response:
            await browser.send(page, "/sign-out")
            assert (await Stream(response).next())["event"] == "ended"


async def test_only_who_reads_uses_a_session_and_no_page_that_follows_by_itself(
    agency: PartnerAgency,
) -> None:
    token = await agency.console.new_session(Role.AGENCY_MEMBER, agency=agency.code)
    connection = await asyncpg.connect(agency.console.stack.postgres.url("access_worker"))

    async def used() -> Any:
        return await connection.fetchval(
            "select used_time - begun_time from access.session where token_hash = $1", token_hash(token)
        )

    try:
        async with agency.console.browser() as browser:
            browser.keep("kem-session", token)
            before = await used()
            page = await browser.get("/partner", headers={"x-kem-follows": "1"})
            assert page.code == 200
            async with browser.stream("/live?inbox=agency&after=999999999") as response:
                await response.content.readline()
            assert await used() == before
            await browser.get("/partner")
            after = await used()
            assert after > before
            await browser.get("/partner")
            assert await used() == after, "access need not hear of every page"
    finally:
        await connection.close()


async def test_a_person_has_only_so_many_streams(agency: PartnerAgency) -> None:
    token = await agency.console.new_session(Role.AGENCY_MEMBER, agency=agency.code)
    async with agency.console.browser() as browser:
        browser.keep("kem-session", token)
        async with AsyncStreams(browser) as streams:
            for _ in range(12):
                assert await streams.open() == 200
            assert await streams.open() == 429


async def test_there_is_no_other_inbox(agency: PartnerAgency) -> None:
    async with agency.browser() as browser:
        assert (await browser.get("/live?inbox=elsewhere")).code == 400
    async with agency.console.browser(Role.CASEWORKER) as browser:
        assert (await browser.get("/live?inbox=desk")).code == 403
