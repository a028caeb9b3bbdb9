"""What is long at the desk: groups of the first page, and what lies on a person's page of contacts."""

from uuid import uuid4

from kem.common.v1 import common_pb2
from kem.intake.v1 import intake_service_pb2 as intake
from kem.intake.v1 import need_pb2
from kem.intake.v1.beneficiary_pb2 import ORIGIN_KEM_DESK
from kernel.vocabulary import Role
from tests.component.console.test_desk import registered
from tests.integration.chassis.waiting import until
from tests.support.console import ConsoleHub

SHOWN = 20
MANY = SHOWN + 3


async def test_a_long_group_begins_with_the_first_and_is_shown_whole_where_it_is_asked_for(
    console: ConsoleHub,
) -> None:
    member = await console.member(Role.CASEWORKER, agency="KEM")
    worker = console.hub.person(member.principal_id, await console.agency_id("KEM"), Role.CASEWORKER)
    async with console.browser_of(member) as browser:
        person = (await registered(browser)).path.partition("?")[0]
        need = need_pb2.NewNeed(
            beneficiary_id=person.rpartition("/")[2],
            service_type="FOOD",
            urgency=common_pb2.URGENCY_NORMAL,
            routing=need_pb2.ROUTING_ASK_FIRST,
            origin=ORIGIN_KEM_DESK,
        )
        request = intake.RecordNeedsRequest(request_id=str(uuid4()), needs=[need] * MANY)
        await console.hub.intake.RecordNeeds(request, metadata=worker.credentials())

        async def all_wait() -> bool:
            return f"The person decides next {MANY}" in (await browser.get("/desk")).words

        await until(all_wait)
        page = await browser.get("/desk")
        assert len([link for link in page.links if f"{person}/referrals/" in link]) == SHOWN
        assert f"Show more of these {MANY}" in page.words
        assert page.calls <= 10
        [more] = [link for link in page.links if link.endswith("?group=choice")]
        page = await browser.get(more)
        assert len([link for link in page.links if f"{person}/referrals/" in link]) == MANY
        assert "Show more" not in page.words
    async with console.browser(Role.CASEWORKER, agency="KEM") as colleague:
        links = (await colleague.get("/desk")).links
        assert not [link for link in links if f"{person}/referrals/" in link]
        page = await colleague.get("/desk?whose=all&group=choice")
        waiting = [link for link in page.links if f"{person}/referrals/" in link]
        assert waiting, "whatever the agency has sent is everybody's to see"
        assert page.calls <= 10


async def test_tries_to_reach_somebody_are_on_pages(console: ConsoleHub) -> None:
    async with console.browser(Role.CASEWORKER, agency="KEM") as browser:
        here = (await registered(browser)).path.partition("?")[0] + "/contacts"
        form = await browser.get(here)
        for _ in range(MANY):
            answers = {"channel": "PHONE", "result": "NOT_REACHED", "request_id": str(uuid4())}
            page = await browser.send(form, "channel", **answers)
        row = "— Telephone, "
        assert page.words.count(row) == SHOWN
        [earlier] = [link for link in page.links if link.startswith(f"{here}?tries=")]
        page = await browser.get(earlier.partition("#")[0])
        assert page.words.count(row) == MANY - SHOWN
        assert "Earlier ones" not in page.words
        assert here in page.links, "and back to the beginning"
