"""A page that is open reads again when its own case moves, and says of nobody that they had looked."""

import html
import re
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import pytest

from kem.access.v1.access_events_pb2 import AccessEvent, AccessRecorded
from kem.disclosure.v1 import disclosure_service_pb2 as disclosures
from kem.intake.v1 import intake_service_pb2 as intake
from kem.notifications.v1 import delivery_pb2
from kem.notifications.v1 import inbox_service_pb2 as inbox
from kernel.vocabulary import Role
from tests.component.console.test_live import Stream
from tests.support.console import ConsoleHub
from tests.support.desk import page_of, to_choose
from tests.support.partner_agency import PartnerAgency, make_agency, until

BY_ITSELF = {"x-kem-follows": "1"}
_TOLD = """
    select payload from (select event_id, payload, type, key from intake.outbox
                         union select event_id, payload, type, key from intake.event_log) as told
    where type = 'AccessRecorded' and key = $1
"""


@pytest.fixture(scope="module")
async def agency(console: ConsoleHub) -> PartnerAgency:
    return await make_agency(console)


async def reads(console: ConsoleHub, principal: UUID, person: str) -> list[AccessRecorded]:
    """What intake has told of somebody's accesses to a person, in any order."""
    connection = await asyncpg.connect(console.stack.postgres.url("intake_worker"))
    try:
        rows = await connection.fetch(_TOLD, principal)
    finally:
        await connection.close()
    told = [AccessEvent.FromString(row["payload"]).access_recorded for row in rows]
    return [one for one in told if person in one.subject_ids]


async def test_what_an_open_page_reads_by_itself_is_no_access_of_its_own(agency: PartnerAgency) -> None:
    console = agency.console
    person = await agency.person()
    reader = await console.member(Role.CASEWORKER, agency="KEM")
    async with console.browser_of(reader) as browser:
        path = f"/desk/people/{person}"
        assert (await browser.get(path)).code == 200
        looked = await reads(console, reader.principal_id, person)
        assert looked
        assert not any(one.by_itself for one in looked)
        for _ in range(3):
            assert (await browser.get(path, headers=BY_ITSELF)).code == 200
        assert await reads(console, reader.principal_id, person) == looked
        assert (await browser.get(path)).code == 200
        assert len(await reads(console, reader.principal_id, person)) == 2 * len(looked), "they came back"


async def test_what_a_page_reads_that_nobody_has_opened_is_told_as_what_it_is(agency: PartnerAgency) -> None:
    console = agency.console
    person = await agency.person()
    reader = await console.member(Role.CASEWORKER, agency="KEM")
    async with console.browser_of(reader) as browser:
        for _ in range(2):
            assert (await browser.get(f"/desk/people/{person}", headers=BY_ITSELF)).code == 200
    told = await reads(console, reader.principal_id, person)
    assert all(one.by_itself for one in told)
    methods = [one.method for one in told]
    assert len(methods) == len(set(methods)) > 0, "each was told once"


async def test_nobody_but_the_console_may_say_so(agency: PartnerAgency) -> None:
    person, desk = await agency.person(), agency.desk
    before = len(await reads(agency.console, desk.principal_id, person))
    for _ in range(2):
        await agency.hub.intake.GetBeneficiary(
            intake.GetBeneficiaryRequest(beneficiary_id=person),
            metadata=(*desk.credentials(), ("x-kem-by-itself", "1")),
        )
    told = await reads(agency.console, desk.principal_id, person)
    assert len(told) - before == 2
    assert not any(one.by_itself for one in told)


class Followed:
    """A stream that is about some referrals, read line by line."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def told_until(self, sequence: int) -> list[str]:
        """The names of the events until the browser knows of this number."""
        names = []
        while True:
            line = (await self._response.content.readline()).decode()
            assert line, "the stream has ended"
            name, _, value = line.strip().partition(": ")
            if name == "event":
                names.append(value)
            if name == "id" and int(value) >= sequence:
                rest = (await self._response.content.readline()).decode().strip()
                return [*names, rest.removeprefix("event: ")] if rest else names


@dataclass
class Desk:
    """KEM's desk, whose inbox hears of each referral of the agency's."""

    agency: PartnerAgency
    door: Any

    async def end(self) -> int:
        """How far its inbox has come."""
        return int((await self._after(0, page_size=1)).last_sequence)

    async def offered(self, number: int) -> list[str]:
        """So many referrals that the agency was offered, of which the inbox has heard."""
        after = await self.end()
        referral_ids = await self.agency.offered(number)

        async def is_there() -> bool:
            listed = await self._after(after)
            heard = {one.referral_id for one in listed.deliveries if one.kind == "ReferralOffered"}
            return heard.issuperset(referral_ids)

        await until(is_there)
        return referral_ids

    async def moved(self, referral_id: str) -> int:
        """The agency asks something about it; answers where that stands in the inbox."""
        after = await self.end()
        offer_id = (await self.agency.seen(referral_id)).offers[-1].offer_id
        await self.agency.call("RequestInformation", offer_id=offer_id, question="Is a morning possible?")
        found: list[int] = []

        async def is_there() -> bool:
            listed = await self._after(after)
            found[:] = [one.sequence for one in listed.deliveries if one.referral_id == referral_id]
            return bool(found)

        await until(is_there)
        return found[-1]

    async def _after(self, sequence: int, page_size: int = 200) -> inbox.ListDeliveriesResponse:
        request = inbox.ListDeliveriesRequest(
            inbox=delivery_pb2.INBOX_DESK, after_sequence=sequence, page_size=page_size
        )
        answer = await self.door.ListDeliveries(request, metadata=self.agency.desk.credentials())
        assert isinstance(answer, inbox.ListDeliveriesResponse)
        return answer


@pytest.fixture(scope="module")
def desk(agency: PartnerAgency) -> Desk:
    return Desk(agency, agency.hub.inbox())


async def test_a_page_hears_of_its_own_referrals_alone(agency: PartnerAgency, desk: Desk) -> None:
    [mine, another] = await desk.offered(2)
    async with (
        agency.console.browser(Role.CASEWORKER, agency="KEM") as browser,
        browser.stream(f"/live?inbox=desk&referral={mine}") as response,
    ):
        await Stream(response).known()
        stream = Followed(response)
        elsewhere = await desk.moved(another)
        assert await stream.told_until(elsewhere) == []
        here = await desk.moved(mine)
        assert await stream.told_until(here) == ["changed"]


async def test_so_it_is_with_what_happened_before_it_listened(agency: PartnerAgency, desk: Desk) -> None:
    [mine, another] = await desk.offered(2)
    before = await desk.end()
    elsewhere = await desk.moved(another)
    async with agency.console.browser(Role.CASEWORKER, agency="KEM") as browser:
        async with browser.stream(f"/live?inbox=desk&after={before}&referral={mine}") as response:
            assert await Followed(response).told_until(elsewhere) == []
        async with browser.stream(f"/live?inbox=desk&after={before}&referral={another}") as response:
            assert await Followed(response).told_until(elsewhere) == ["changed"]
        async with browser.stream(f"/live?inbox=desk&after={before}&referral=") as response:
            assert await Followed(response).told_until(elsewhere) == [], "a case without referrals"


async def test_a_case_and_a_referral_follow_their_own(agency: PartnerAgency) -> None:
    [mine, another] = await agency.offered(2)
    person = f"/desk/people/{agency.people[-1]}"
    async with agency.console.browser(Role.CASEWORKER, agency="KEM") as browser:
        for path, about in ((person, {mine, another}), (f"{person}/referrals/{mine}", {mine})):
            found = re.search(r'data-kem-live="([^"]+)"', (await browser.get(path)).html)
            assert found, path
            asked = parse_qs(urlsplit(html.unescape(found[1])).query)
            assert set(asked["referral"]) == about


async def case_stream(browser: Any, path: str) -> str:
    """The address that the page of a case follows."""
    found = re.search(r'data-kem-live="([^"]+)"', (await browser.get(path)).html)
    assert found, path
    return html.unescape(found[1])


async def test_a_case_hears_of_what_a_colleague_records_there_and_of_no_other_case(
    agency: PartnerAgency,
) -> None:
    person, another = await agency.registered(), await agency.registered()
    reader = await agency.console.member(Role.CASEWORKER, agency="KEM")
    async with agency.console.browser_of(reader) as browser:
        mine, other = [await case_stream(browser, f"/desk/people/{one}") for one in (person, another)]
        looked = len(await reads(agency.console, reader.principal_id, person))
        assert parse_qs(urlsplit(mine).query)["case"] == [person]
        async with browser.stream(mine) as response, browser.stream(other) as elsewhere:
            stream = Stream(response)
            for record in (agency.permit, partial(to_choose, agency)):
                await record(person)
                event = await stream.next()
                assert (event["event"], event["data"].isdecimal()) == ("changed", True)
                assert re.fullmatch(r"\d+\.\d+", event["id"])
            await agency.permit(another)
            assert (await Stream(elsewhere).next())["event"] == "changed", "its first is of its own"
        # whoever comes back by the place that they were told hears nothing twice
        async with browser.stream(mine, headers={"last-event-id": event["id"]}) as response:
            await agency.permit(person)
            again = await Stream(response).next()
            assert int(again["id"].partition(".")[2]) == int(event["id"].partition(".")[2]) + 1
        assert len(await reads(agency.console, reader.principal_id, person)) == looked, "nobody read anything"


async def test_a_referral_hears_that_its_holder_has_looked_who_it_is(agency: PartnerAgency) -> None:
    [referral_id] = await agency.held()
    async with agency.console.browser(Role.CASEWORKER, agency="KEM") as browser:
        address = await case_stream(browser, page_of(agency, referral_id))
        asked = parse_qs(urlsplit(address).query)
        assert (asked["case"], asked["referral"]) == ([agency.people[-1]], [referral_id])
        counted = int(asked["changes"][0])
        async with browser.stream(address) as response:
            stream = Stream(response)
            looking = disclosures.GetDisclosureRequest(request_id=str(uuid4()), referral_id=referral_id)
            await agency.hub.disclosure.GetDisclosure(looking, metadata=agency.member.credentials())
            event = await stream.next()
            while int(event["id"].partition(".")[2]) == counted:
                event = await stream.next()  # of the referral itself: that they have accepted it
            assert (event["event"], event["id"].partition(".")[2]) == ("changed", str(counted + 1))


async def test_of_somebody_elses_case_nothing_is_heard_and_what_is_none_is_refused(
    agency: PartnerAgency,
) -> None:
    person = await agency.registered()
    async with agency.browser() as browser:
        async with browser.stream(f"/live?inbox=agency&case={person}&changes=0") as response:
            stream = Stream(response)
            line = (await response.content.readline()).decode()
            while not line.startswith("id: "):
                line = (await response.content.readline()).decode()
            await agency.permit(person)
            await agency.offered()
            event = await stream.next()
            assert event["id"].endswith(".0"), "of its own inbox it hears, and of this case it knows no more"
        assert (await browser.get("/live?inbox=desk&case=nobody")).code == 400
