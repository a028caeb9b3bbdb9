"""Whoever works on cases learns who works beside them, and nobody else does."""

from kem.access.v1 import access_service_pb2 as messages
from kernel.ids import random_id
from kernel.vocabulary import Role
from tests.component.staff.access_service import Desk
from tests.support.refusals import refused


async def test_the_agencys_staff_who_may_use_their_accounts_are_named_page_by_page(desk: Desk) -> None:
    agency_id = random_id()
    here = [await desk.open(Role.CASEWORKER, agency_id=agency_id) for _ in range(3)]
    locked = here.pop().account.principal_id
    await desk.staff.LockAccount(
        messages.LockAccountRequest(request_id=str(random_id()), principal_id=locked), metadata=desk.keeper()
    )
    await desk.open(Role.CASEWORKER, agency_id=random_id())
    metadata, token = desk.keeper(Role.CASEWORKER, agency_id), ""
    named: list[messages.NamedStaff] = []
    while True:
        request = messages.ListColleaguesRequest(page_size=1, page_token=token)
        page = await desk.staff.ListColleagues(request, metadata=metadata)
        named += page.colleagues
        if not (token := page.next_page_token):
            break
    assert [one.principal_id for one in named] == sorted(one.account.principal_id for one in here)
    assert {(one.display_name, *one.roles) for one in named} == {("Sample Person", "caseworker")}


async def test_somebody_of_no_agency_has_no_colleagues(desk: Desk) -> None:
    with refused() as refusal:
        await desk.staff.ListColleagues(
            messages.ListColleaguesRequest(), metadata=desk.keeper(Role.CASEWORKER)
        )
    assert refusal.reason == "NO_AGENCY"
