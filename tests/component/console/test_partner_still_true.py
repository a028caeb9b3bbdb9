"""An agency says of its places that they are still true: of one service, or of all it has."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from tests.support.console import ConsoleHub
from tests.support.partner_agency import PartnerAgency, make_agency
from tests.support.partner_services import LIST, grouped, known, path_of, places, save_service


@pytest.fixture
async def agency(console: ConsoleHub) -> PartnerAgency:
    """One for each test: what is saved by one is no other's."""
    return await make_agency(console, capacity=places(3))


async def test_whether_the_places_are_still_true_is_said_in_one_click(agency: PartnerAgency) -> None:
    await save_service(agency, name=directory_pb2.BilingualText(el="Άλλη υπηρεσία", en="Another service"))
    before = (await known(agency)).declared_time.ToNanoseconds()
    async with agency.browser() as browser:
        page = await browser.get(LIST)
        assert "Greek for beginners" in page.words
        assert "Another service" in page.words
        assert "3 free of 3" in page.words
        everything = [
            form for form in page.forms if len([1 for name, _ in form.fields if name == "unit"]) == 2
        ]
        assert len(everything) == 1
        done = await browser.post(LIST, grouped(everything[0].fields))
        assert done.path == f"{LIST}?said=capacity-confirmed"
        after = (await known(agency)).declared_time.ToNanoseconds()
        assert after > before
        # sent again, it is the same request
        await browser.post(LIST, grouped(everything[0].fields))
        assert (await known(agency)).declared_time.ToNanoseconds() == after
        one = next(form for form in page.forms if token_of(form.fields, agency.service.service_id))
        await browser.post(LIST, grouped(one.fields))
        assert (await known(agency)).declared_time.ToNanoseconds() > after


async def test_all_is_said_of_more_than_the_directory_lists_at_once(console: ConsoleHub) -> None:
    large = await make_agency(console, capacity=places(3))
    await save_many(large, services=205, courses=205)
    async with large.browser() as browser:
        page = await browser.get(LIST)
        assert page.calls <= 6, "two for each list, and what stands around every page"
        everything = max(
            (grouped(form.fields) for form in page.forms), key=lambda form: len(form.get("unit", ()))
        )
        # the first service has its places in its courses
        assert len(everything["unit"]) == 205 + 205
        before = datetime.now(UTC)
        assert await declared_since(large, before) == 0
        done = await browser.post(LIST, everything)
        assert done.path == f"{LIST}?said=capacity-confirmed"
        ours = f"{LIST}/"
        seen: set[str] = set()
        for query, onward in (("", "?after=100"), ("?after=100", "?after=200"), ("?after=200", "")):
            page = await browser.get(LIST + query)
            seen |= {link for link in page.links if link.startswith(ours) and link != f"{ours}new"}
            assert not onward or LIST + onward in page.links
        assert f"{LIST}?after=300" not in page.links
        assert len(seen) == 206
        assert (await browser.get(f"{LIST}?after=999999")).code == 200
    assert await declared_since(large, before) == 205 + 205


async def declared_since(agency: PartnerAgency, before: datetime) -> int:
    """Of how much that has places the agency has said so since then."""
    connection = await asyncpg.connect(agency.console.stack.postgres.url("kem_check"))
    try:
        found = await connection.fetchval(
            "select count(*) from referral.capacity"
            " where agency_id = $1 and until_time > now() and declared_time > $2",
            agency.agency_id,
            before,
        )
        return int(found)
    finally:
        await connection.close()


async def save_many(agency: PartnerAgency, *, services: int, courses: int) -> None:
    """So many more services, and so many courses of the agency's first."""
    metadata = agency.member.credentials()
    more, ahead = [], []
    now = datetime.now(UTC)
    for number in range(services):
        service = directory_pb2.Service()
        service.CopyFrom(agency.service)
        service.service_id = str(uuid4())
        service.name.en = f"Service {number:03}"
        more.append(service)
    for number in range(courses):
        one = directory_pb2.Activity(
            activity_id=str(uuid4()),
            service_id=agency.service.service_id,
            name=directory_pb2.BilingualText(el=f"Κύκλος {number}", en=f"Course {number}"),
            capacity=places(9),
        )
        one.start_time.FromDatetime(now + timedelta(days=7))
        one.end_time.FromDatetime(now + timedelta(days=60))
        ahead.append(one)
    for first in range(0, services, 200):
        saved = directory.SaveServicesRequest(request_id=str(uuid4()), services=more[first : first + 200])
        await agency.hub.directory.SaveServices(saved, metadata=metadata)
    for first in range(0, courses, 200):
        request = directory.SaveActivitiesRequest(
            request_id=str(uuid4()), activities=ahead[first : first + 200]
        )
        await agency.hub.directory.SaveActivities(request, metadata=metadata)


def token_of(fields: list[tuple[str, str]], unit_id: str) -> bool:
    units = [value for name, value in fields if name == "unit"]
    return len(units) == 1 and units[0].startswith(unit_id)


async def test_nobody_confirms_what_another_agency_has(console: ConsoleHub, agency: PartnerAgency) -> None:
    elsewhere = await make_agency(console, capacity=places(3))
    before = (await known(agency)).declared_time.ToNanoseconds()
    async with elsewhere.browser() as browser:
        page = await browser.get(LIST)
        fields = grouped(page.forms[1].fields) | {"unit": [f"{agency.service.service_id}|9"]}
        refused = await browser.post(LIST, fields)
        assert refused.code == 404
        # what is no unit at all is passed over
        for nothing in ("", "x|y", f"{uuid4()}|-1", "|3"):
            assert (await browser.post(LIST, fields | {"unit": [nothing]})).path == LIST
        assert (await browser.get(path_of(agency))).code == 404
        assert (await browser.get(f"{path_of(agency)}/activities/new")).code == 404
        assert (await browser.get(f"{LIST}/not-an-id")).code == 404
    after = await known(agency)
    assert (after.declared_time.ToNanoseconds(), after.free_places) == (before, 3)
