"""What open pages hear of: that something has changed, at once, and nothing more."""

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
from tests.support.console import ConsoleHub
from tests.support.pages import Browser
from tests.support.partner_agency import PartnerAgency, make_agency, until
from tests.support.quickest import quickest
from tools.stack.ports import Ports, free_port
from tools.stack.run_file import read_run
from tools.stack.services import command, environment

SOON_SECONDS = 1.0
DRAINED_SECONDS = 2.5
"""Sooner than a process that is stopped would let go of what goes on."""


@pytest.fixture(scope="module")
async def agency(console: ConsoleHub) -> PartnerAgency:
    return await make_agency(console)


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

        async def heard_after() -> float:
            found = re.search(r'data-kem-live="([^"]+)"', (await browser.get("/partner")).html)
            assert found
            address = found[1].replace("&amp;", "&")
            async with browser.stream(address) as response:
                assert response.content_type == "text/event-stream"
                assert response.headers["cache-control"] == "no-store"
                stream = Stream(response)
                recording = asyncio.create_task(agency.offered())
                event = await stream.next()
                heard = time.time()
                [referral_id] = await recording
            assert event["event"] == "changed"
            assert re.fullmatch(r"\d+", event["data"]), "nothing but a number goes over it"
            # what is told before it is known at the agency's door would be told in vain
            assert f"/partner/referrals/{referral_id}" in (await browser.get("/partner")).links
            offered = (await agency.seen(referral_id)).offers[-1].offered_time
            return heard - offered.ToNanoseconds() / 1e9

        assert await quickest(SOON_SECONDS, heard_after) < SOON_SECONDS


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


async def test_nobody_follows_who_has_not_signed_in(console: ConsoleHub) -> None:
    async with console.browser() as browser:
        refused = await browser.get("/live?inbox=agency", follow=False)
    assert (refused.code, refused.html) == (401, "signed out\n"), "no script reads a page to sign in"


async def test_a_console_that_is_stopped_ends_its_streams_at_once(agency: PartnerAgency) -> None:
    stack = agency.console.stack
    run = read_run(stack.layout)
    assert run is not None
    address = f"127.0.0.1:{free_port()}"
    own = {"KEM_CONSOLE_HTTP_ADDRESS": address, "KEM_CONSOLE_METRICS_ADDRESS": f"127.0.0.1:{free_port()}"}
    settings = environment(stack.root, stack.layout, Ports(run.base_port), {}, "console", own)
    with stack.layout.log("another-console").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command("console", None), env=settings, cwd=stack.root, stderr=log
        )
    try:
        async with Browser(f"http://{address}") as browser:
            browser.keep("kem-session", await agency.console.session(Role.AGENCY_MEMBER, agency=agency.code))

            async def is_ready() -> bool:
                try:
                    return (await browser.get("/ready")).code == 200
                except aiohttp.ClientConnectionError:
                    return False

            await until(is_ready)
            async with browser.stream("/live?inbox=agency") as response:
                await Stream(response).known()
                began = time.monotonic()
                process.terminate()
                while await response.content.readline():
                    pass
                assert time.monotonic() - began < DRAINED_SECONDS
        async with asyncio.timeout(20):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
