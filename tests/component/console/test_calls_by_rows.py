"""A list costs as many calls with thirty rows as with one, but for another page of what it asks for."""

from collections.abc import Iterable
from uuid import uuid4

from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from kernel.vocabulary import Role
from tests.support.console import ConsoleHub
from tests.support.pages import Browser
from tests.support.partner_agency import PartnerAgency, make_agency

MANY = 30
A_PAGE = 1
"""With the agencies and services of other tests these may be the ones that begin another two hundred."""
PARTNER = ("/partner", "/partner/held", "/partner/services", "/partner/members")
COORDINATION = (
    *("/coordination", "/coordination/demand", "/coordination/response-times", "/coordination/waiting-lists"),
    *("/coordination/gaps", "/coordination/overdue", "/coordination/overdue/cases"),
)
ADMIN = ("/admin", "/admin/agencies", "/admin/accounts", "/admin/agreements", "/admin/certificates")


async def calls(browser: Browser, paths: Iterable[str]) -> dict[str, int]:
    """By page; of three looks at once one at most asks for what is kept for a while: names, the session."""
    found = {}
    for path in paths:
        pages = [await browser.get(path) for _ in range(3)]
        assert {page.code for page in pages} == {200}, path
        found[path] = min(page.calls for page in pages)
    return found


async def more_services(agency: PartnerAgency) -> None:
    services = []
    for number in range(MANY):
        service = directory_pb2.Service()
        service.CopyFrom(agency.service)
        service.service_id = str(uuid4())
        service.name.CopyFrom(directory_pb2.BilingualText(el=f"Μάθημα {number}", en=f"Lesson {number}"))
        services.append(service)
    await agency.hub.directory.SaveServices(
        directory.SaveServicesRequest(request_id=str(uuid4()), services=services),
        metadata=agency.hub.person(uuid4(), None, Role.OPERATOR).credentials(),
    )


async def more_agencies(console: ConsoleHub) -> None:
    agencies = [
        directory_pb2.Agency(
            agency_id=str(uuid4()),
            code=f"ROW-{uuid4().hex[:10].upper()}",
            name=directory_pb2.BilingualText(el=f"Φορέας {number}", en=f"Agency {number}"),
            committees=["education_learning"],
            sample=True,
        )
        for number in range(MANY)
    ]
    await console.hub.directory.SaveAgencies(
        directory.SaveAgenciesRequest(request_id=str(uuid4()), agencies=agencies),
        metadata=console.hub.person(uuid4(), None, Role.OPERATOR).credentials(),
    )


async def test_in_an_agency(console: ConsoleHub) -> None:
    agency = await make_agency(console)
    await agency.held()
    await agency.offered()
    async with agency.browser(Role.AGENCY_MEMBER, Role.AGENCY_ADMIN) as browser:
        few = await calls(browser, PARTNER)
        await more_services(agency)
        await agency.held(MANY)
        await agency.offered(MANY)
        for number in range(MANY):
            await console.member(Role.AGENCY_MEMBER, agency=agency.code, name=f"Sample {number}")
        many = await calls(browser, PARTNER)
        shown = {path: (await browser.get(path)).html for path in PARTNER}
    assert all(many[path] <= few[path] + A_PAGE for path in PARTNER), (few, many)
    rows = {"/partner": "/partner/referrals/", "/partner/held": "/partner/referrals/"}
    rows |= {"/partner/services": "/partner/services/", "/partner/members": "/partner/members/"}
    for path, part in rows.items():
        assert shown[path].count(f'href="{part}') >= MANY / 2, f"{path} shows few rows"


async def test_for_those_who_coordinate_and_who_run_the_hub(console: ConsoleHub) -> None:
    agency = await make_agency(console)
    await agency.offered()
    async with console.browser(Role.ACCMR_OFFICER) as officer, console.browser(Role.OPERATOR) as operator:
        few = await calls(officer, COORDINATION) | await calls(operator, ADMIN)
        await more_agencies(console)
        for number in range(MANY):
            await console.member(Role.AGENCY_MEMBER, agency=agency.code, name=f"Sample {number}")
        other = await make_agency(console)
        await other.held()
        await other.offered(MANY)
        many = await calls(officer, COORDINATION) | await calls(operator, ADMIN)
    assert all(many[path] <= few[path] + A_PAGE for path in few), (few, many)
