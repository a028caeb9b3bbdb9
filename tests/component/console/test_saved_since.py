"""Of two who change an agency, a service or a course at once the later one sees what the other has saved."""

from uuid import uuid4

import pytest

from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from kernel.vocabulary import Role
from tests.support.console import ConsoleHub
from tests.support.pages import Shown
from tests.support.partner_agency import PartnerAgency, make_agency


@pytest.fixture
async def agency(console: ConsoleHub) -> PartnerAgency:
    """One for each test: what is saved by one is no other's."""
    return await make_agency(console, capacity=places(3))


def places(number: int) -> directory_pb2.Capacity:
    return directory_pb2.Capacity(kind=directory_pb2.Capacity.KIND_PLACES, places=number)


async def declare(agency: PartnerAgency, unit_id: str, number: int) -> None:
    """A colleague says how many places there are."""
    request = directory.DeclareCapacityRequest(
        request_id=str(uuid4()), unit_id=unit_id, capacity=places(number)
    )
    await agency.hub.directory.DeclareCapacity(request, metadata=agency.member.credentials())


def is_told(page: Shown, what: str) -> None:
    """The page says that somebody was first, at its top and beside what stands."""
    assert page.code == 400
    assert page.title.startswith("Error:")
    assert f"Somebody has changed {what} since you opened the page." in page.words
    assert 'href="#stands"' in page.html
    assert page.html.count('id="stands"') == 1


async def test_the_later_one_sees_the_name_and_committees_that_stand(
    console: ConsoleHub, agency: PartnerAgency
) -> None:
    path = f"/admin/agencies/{agency.agency_id}"
    async with console.browser(Role.OPERATOR) as first, console.browser(Role.DPO) as second:
        page, other = await first.get(path), await second.get(path)
        saved = await first.send(page, "name_el", name_en="Saved by the first", committees=["gender"])
        assert saved.path == f"{path}?said=agency-saved"
        refused = await second.send(other, "name_el", name_en="Saved by the second")
        is_told(refused, "this agency")
        assert "Saved by the first" in refused.words
        assert dict(refused.form("name_el").fields)["name_en"] == "Saved by the second", "it stays"
        # a slip does not make one forget what was read
        slip = await second.send(other, "name_el", name_el="")
        still = await second.send(slip, "name_el", name_el="Όνομα", name_en="Saved by the second")
        is_told(still, "this agency")
        assert dict((await first.get(path)).form("name_el").fields)["name_en"] == "Saved by the first"
        done = await second.send(refused, "name_el")
        assert done.path == f"{path}?said=agency-saved"
        assert dict(done.form("name_el").fields)["name_en"] == "Saved by the second"
        nothing = dict(done.form("name_el").fields) | {"version": ""}
        assert (await second.post(f"{path}/save", nothing)).code == 400


async def test_a_slip_in_one_form_leaves_the_other_as_it_stands(
    console: ConsoleHub, agency: PartnerAgency
) -> None:
    async with console.browser(Role.OPERATOR) as browser:
        page = await browser.get(f"/admin/agencies/{agency.agency_id}")
        slip = await browser.send(page, "name_el", name_el="")
        ids = ("csrf", "request_id")
        stood, left = (
            [one for one in shown.form("until_day").fields if one[0] not in ids] for shown in (page, slip)
        )
        assert slip.code == 400
        assert left == stood


async def test_the_later_one_sees_what_a_colleague_has_saved_of_a_service(agency: PartnerAgency) -> None:
    path = f"/partner/services/{agency.service.service_id}"
    async with agency.browser() as first, agency.browser(Role.AGENCY_ADMIN) as second:
        page, other = await first.get(path), await second.get(path)
        saved = await first.send(page, "name_el", name_en="Evening lessons", languages=["ell", "fra"])
        assert saved.path == f"{path}?said=service-saved"
        refused = await second.send(other, "name_el", address="Λεμονιάς 5")
        is_told(refused, "this service")
        for stands in ("Evening lessons", "French"):
            assert stands in refused.words
        assert dict(refused.form("name_el").fields)["address"] == "Λεμονιάς 5", "what was typed stays"
        slip = await second.send(other, "name_el", district="")
        still = await second.send(slip, "name_el", district="ATHENS_2")
        is_told(still, "this service")
        assert dict((await first.get(path)).form("name_el").fields)["name_en"] == "Evening lessons"
        done = await second.send(refused, "name_el", name_en="Evening lessons")
        assert done.path == f"{path}?said=service-saved"
        now = dict(done.form("name_el").fields)
        assert (now["name_en"], now["address"]) == ("Evening lessons", "Λεμονιάς 5")
        nothing = dict(done.form("name_el").fields) | {"version": "x"}
        assert (await second.post(path, nothing)).code == 400


async def test_a_number_of_places_that_a_colleague_has_declared_since_stays(agency: PartnerAgency) -> None:
    service_id = agency.service.service_id
    path = f"/partner/services/{service_id}"
    async with agency.browser() as browser:
        await declare(agency, service_id, 5)
        page = await browser.get(path)
        await declare(agency, service_id, 6)
        done = await browser.send(page, "name_el", name_en="Another name")
        assert done.path == f"{path}?said=service-saved"
        assert dict(done.form("name_el").fields)["places"] == "6"
        done = await browser.send(done, "name_el", places="8")
        assert dict(done.form("name_el").fields)["places"] == "8", "what is typed counts"


async def test_the_later_one_sees_what_a_colleague_has_saved_of_a_course(agency: PartnerAgency) -> None:
    service = f"/partner/services/{agency.service.service_id}"
    async with agency.browser() as first, agency.browser(Role.AGENCY_ADMIN) as second:
        made = await first.send(
            await first.get(f"{service}/activities/new"),
            "name_el",
            name_el="Τμήμα",
            name_en="Class",
            start_day="2999-01-10",
            end_day="2999-02-10",
            places="10",
        )
        [path] = {one for one in made.links if "/activities/" in one and not one.endswith("/new")}
        page, other = await first.get(path), await second.get(path)
        unit_id = path.rpartition("/")[2]
        await declare(agency, unit_id, 12)
        saved = await first.send(page, "name_el", start_day="2999-01-17")
        assert saved.path == f"{service}?said=activity-saved"
        kept = dict((await first.get(path)).form("name_el").fields)
        assert (kept["start_day"], kept["places"]) == ("2999-01-17", "12"), "what was declared since stays"
        refused = await second.send(other, "name_el", name_en="Another class")
        is_told(refused, "this")
        assert "2999-01-17" in refused.words
        assert dict(refused.form("name_el").fields)["name_en"] == "Another class"
        done = await second.send(refused, "name_el", start_day="2999-01-17")
        assert done.path == f"{service}?said=activity-saved"
        now = dict((await second.get(path)).form("name_el").fields)
        assert (now["name_en"], now["start_day"], now["places"]) == ("Another class", "2999-01-17", "12")
