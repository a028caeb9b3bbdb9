"""What an agency holds: by state, with what is late, and until when it is theirs."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from services.console.entrypoints.rendering import ATHENS
from tests.support.console import ConsoleHub
from tests.support.pages import Shown
from tests.support.partner_agency import at, make_agency, opened

HERE = "/partner/referrals/"


async def test_what_is_held_stands_by_state_with_what_is_late(console: ConsoleHub) -> None:
    busy = await make_agency(console)
    async with busy.browser() as browser:
        assert "You hold nothing at present" in (await browser.get("/partner/held")).words
    accepted, begun, ended, assessed = await busy.held(4)
    for one in (begun, ended):
        await busy.call("StartService", referral_id=one)
    await busy.call("CompleteReferral", referral_id=ended, outcome="NEED_MET", confirmed_by="PROVIDER")
    del assessed

    def shown(page: Shown) -> set[str]:
        return {link.removeprefix(HERE) for link in page.links if link.startswith(HERE)}

    async with busy.browser() as browser:
        everything = await browser.get("/partner/held")
        assert ended not in shown(everything)
        assert len(shown(everything)) == 3
        assert "All 3" in everything.words
        assert shown(await browser.get("/partner/held?state=IN_SERVICE")) == {begun}
        assert accepted in shown(await browser.get("/partner/held?state=ACCEPTED"))
        assert shown(await browser.get("/partner/held?state=COMPLETED")) == {ended}
        assert "Nothing in this state" in (await browser.get("/partner/held?state=NOT_COMPLETED")).words
        assert "No beginning reported" not in everything.words
        await busy.let_pass_since_acceptance(accepted, days=15)
        late = await browser.get("/partner/held")
        assert late.words.count("No beginning reported") == 1


async def test_until_when_it_is_held_stands_at_each_also_where_no_end_is_set(console: ConsoleHub) -> None:
    busy = await make_agency(console)
    accepted, begun = await busy.held(2)
    await busy.call("StartService", referral_id=begun)
    due = datetime.now(ATHENS) + timedelta(days=14)
    async with busy.browser() as browser:
        listed = await browser.get("/partner/held")
        assert f"to begin by {due.day} " in listed.words
        assert "no end is set: yours until you report what came of it" in listed.words
        assert "you find it under “Data to destroy”" in listed.words
        assert f"Until when to begin by {due.day} " in (await opened(browser, accepted)).words
        assert "Until when no end is set" in (await opened(browser, begun)).words
        await busy.let_pass_since_acceptance(accepted, days=15)
        assert "it should have begun by" in (await browser.get("/partner/held")).words


async def test_until_when_a_course_goes_stands_where_there_is_one(console: ConsoleHub) -> None:
    school = await make_agency(console)
    now = datetime.now(UTC)
    course = directory_pb2.Activity(
        activity_id=str(uuid4()),
        service_id=school.service.service_id,
        name=directory_pb2.BilingualText(el="Χειμερινός κύκλος", en="Winter round"),
        start_time=at(now + timedelta(days=7)),
        end_time=at(now + timedelta(days=60)),
        capacity=directory_pb2.Capacity(kind=directory_pb2.Capacity.KIND_PLACES, places=15),
    )
    request = directory.SaveActivitiesRequest(request_id=str(uuid4()), activities=[course])
    await school.hub.directory.SaveActivities(request, metadata=school.member.credentials())
    await school.held()
    last = (now + timedelta(days=60)).astimezone(ATHENS)
    async with school.browser() as browser:
        words = (await browser.get("/partner/held")).words
    assert "to begin by" in words
    assert f"until {last.day} {last:%B} {last.year}" in words
    assert "no end is set" not in words
