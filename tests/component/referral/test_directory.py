"""The directory through its gRPC door: agencies keep their own part, and hidden places stay hidden."""

import grpc

from kem.directory.v1 import directory_pb2 as directory
from kem.directory.v1 import directory_service_pb2 as rpc
from kernel import codes
from kernel.codes import Role
from services.referral.entrypoints.directory_server import DIRECTORY_ACCESS
from tests.component.referral.directory_door import (
    ADDRESS,
    SHELTER,
    DirectoryDoor,
    location_message,
    refused,
    request_id,
    save,
    seen,
    service_message,
)
from tests.support.directory import agency_id, service_id


async def test_a_saved_service_is_shown_as_it_was_saved(door: DirectoryDoor) -> None:
    told = service_message(1)
    assert await save(door, told, by=door.member(1)) == 1
    request = rpc.GetServiceRequest(service_id=told.service_id)
    listed = (await door.stub.GetService(request, metadata=door.member(2))).service
    assert listed.service == told
    assert (listed.agency_code, listed.suspended, listed.free_places, listed.freshness, listed.version) == (
        "AGENCY_1",
        False,
        3,
        "GREEN",
        1,
    )


async def test_a_service_may_ask_that_proof_lasts_to_the_end_of_its_activity(door: DirectoryDoor) -> None:
    rules = directory.Eligibility(
        status_rule="WORK_ALLOWED", status_proof_needed=True, status_proof_until_end=True
    )
    told = service_message(1, service_type="VOCATIONAL_TRAINING", eligibility=rules)
    assert await save(door, told, by=door.member(1)) == 1
    request = rpc.GetServiceRequest(service_id=told.service_id)
    assert (await door.stub.GetService(request, metadata=door.member(2))).service.service == told
    told.eligibility.status_proof_until_end = False
    assert await save(door, told, by=door.member(1)) == 1  # the rule alone is a change
    told.eligibility.status_proof_until_end, told.eligibility.status_proof_needed = True, False
    assert await refused(save(door, told, by=door.member(1))) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "STATUS_PROOF_MISSING",
    )


async def test_the_same_request_twice_is_one_save_with_one_answer(door: DirectoryDoor) -> None:
    request = rpc.SaveServicesRequest(request_id=request_id(), services=[service_message(1)])
    for _ in range(2):
        assert (await door.stub.SaveServices(request, metadata=door.member(1))).saved == 1
    assert await save(door, service_message(1), by=door.member(1)) == 0
    request.services[0].step_free = False
    reused = await refused(door.stub.SaveServices(request, metadata=door.member(1)))
    assert reused[1] == "REQUEST_ID_REUSED"


async def test_an_agency_cannot_save_for_another(door: DirectoryDoor) -> None:
    assert await refused(save(door, service_message(1), by=door.member(2))) == (
        grpc.StatusCode.PERMISSION_DENIED,
        "AGENCY_NOT_YOURS",
    )


async def test_an_unknown_code_is_refused_loudly(door: DirectoryDoor) -> None:
    teapot = service_message(1, service_type="TEAPOT")
    assert await refused(save(door, teapot)) == (grpc.StatusCode.INVALID_ARGUMENT, "UNKNOWN_CODE")


async def test_a_service_for_named_staff_is_found_by_named_staff_and_its_own_agency_only(
    door: DirectoryDoor,
) -> None:
    await save(door, service_message(1, **SHELTER), service_message(2))
    focal_point = door.by(Role.GBV_FOCAL_POINT, agency=agency_id(3))
    found = {
        "own": await seen(door, door.member(1)),
        "named": await seen(door, focal_point),
        "other": await seen(door, door.member(2)),
        "caseworker": await seen(door, door.by(Role.CASEWORKER, agency=agency_id(3))),
        "operator": await seen(door, door.operator),
        "public page": await seen(door, door.by(Role.SERVICE)),
    }
    assert {who: len(services) for who, services in found.items()} == {
        "own": 2,
        "named": 2,
        "other": 1,
        "caseworker": 1,
        "operator": 1,
        "public page": 1,
    }
    unknown = rpc.GetServiceRequest(service_id=str(service_id(99)))
    hidden = rpc.GetServiceRequest(service_id=str(service_id(1)))
    answers = {await refused(door.stub.GetService(one, metadata=door.member(2))) for one in (unknown, hidden)}
    assert answers == {(grpc.StatusCode.NOT_FOUND, "SERVICE_NOT_FOUND")}


async def test_the_public_pages_are_told_what_everybody_may_know_and_nothing_for_partners(
    door: DirectoryDoor,
) -> None:
    """The console asks for them as itself: no agency and no role of staff stands behind it."""
    await save(
        door,
        service_message(1, duty_phone="+30 210 000 0001"),
        service_message(2, listing=directory.LISTING_PARTNERS),
        service_message(3, location=location_message(directory.LOCATION_VISIBILITY_DISTRICT_ONLY, ADDRESS)),
    )
    found = {one.service.service_id: one.service for one in await seen(door, door.by(Role.SERVICE))}
    assert set(found) == {str(service_id(1)), str(service_id(3))}
    assert found[str(service_id(1))].duty_phone == ""
    place = found[str(service_id(3))].location
    assert (place.district, place.address, place.latitude) == ("ATHENS_6", "", 0)


async def test_the_address_of_a_hidden_place_is_in_no_answer(door: DirectoryDoor) -> None:
    await save(door, service_message(1, **SHELTER))
    for by in (
        door.member(1),
        door.member(2),
        door.operator,
        door.by(Role.DPO, agency=agency_id(3)),
        door.by(Role.GBV_FOCAL_POINT, agency=agency_id(3)),
        door.by(Role.SUPERVISOR, agency=agency_id(3)),
        door.by(Role.SERVICE),
    ):
        page = await door.stub.ListServices(rpc.ListServicesRequest(), metadata=by)
        for listed in page.services:
            place = listed.service.location
            assert (place.district, place.latitude, place.longitude, place.address) == ("", 0, 0, "")
        assert ADDRESS.encode() not in page.SerializeToString()
        assert not await seen(door, by, district="ATHENS_6"), "a search by district would tell it too"
    keeper = door.by(Role.AGENCY_ADMIN, agency=agency_id(1))
    assert (await seen(door, keeper))[0].service.location.address == ADDRESS


async def test_lists_come_page_by_page_without_gaps_or_repeats(door: DirectoryDoor) -> None:
    await save(door, *(service_message(number) for number in range(1, 8)))
    numbers, token = [], ""
    while True:
        request = rpc.ListServicesRequest(page_size=3, page_token=token)
        page = await door.stub.ListServices(request, metadata=door.member(2))
        assert page.total_size == 7
        numbers += [listed.service.name.en for listed in page.services]
        token = page.next_page_token
        if not token:
            break
    assert numbers == [f"Greek lessons {number}" for number in range(1, 8)]
    agencies = await door.stub.ListAgencies(rpc.ListAgenciesRequest(page_size=2), metadata=door.member(1))
    assert [agency.code for agency in agencies.agencies] == ["AGENCY_1", "AGENCY_2"]
    rest = rpc.ListAgenciesRequest(page_token=agencies.next_page_token)
    last = await door.stub.ListAgencies(rest, metadata=door.member(1))
    assert ([agency.code for agency in last.agencies], last.next_page_token, last.total_size) == (
        ["AGENCY_3"],
        "",
        3,
    )


async def test_a_list_can_be_narrowed(door: DirectoryDoor) -> None:
    await save(door, service_message(1), service_message(2, 2), service_message(3, service_type="FOOD"))
    by = door.member(3)
    assert len(await seen(door, by, agency_id=str(agency_id(2)))) == 1
    assert len(await seen(door, by, service_type="FOOD")) == 1
    assert len(await seen(door, by, district="ATHENS_6")) == 3
    assert len(await seen(door, by, district="ATHENS_1")) == 0
    only = await door.stub.ListAgencies(rpc.ListAgenciesRequest(code="AGENCY_2"), metadata=by)
    assert [agency.agency_id for agency in only.agencies] == [str(agency_id(2))]


async def test_a_page_token_that_no_list_gave_is_refused(door: DirectoryDoor) -> None:
    for call in (
        door.stub.ListServices(rpc.ListServicesRequest(page_token="x"), metadata=door.operator),
        door.stub.ListActivities(rpc.ListActivitiesRequest(page_token="x/y"), metadata=door.operator),
    ):
        assert await refused(call) == (grpc.StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID")


async def test_a_suspended_service_says_so_until_it_is_resumed(door: DirectoryDoor) -> None:
    await save(door, service_message(1))
    suspend = rpc.SuspendServiceRequest(request_id=request_id(), service_id=str(service_id(1)))
    assert (await door.stub.SuspendService(suspend, metadata=door.member(1))).offers_revoked == 0
    assert (await seen(door, door.member(2)))[0].suspended
    resume = rpc.ResumeServiceRequest(request_id=request_id(), service_id=str(service_id(1)))
    assert (await refused(door.stub.ResumeService(resume, metadata=door.member(2))))[1] == "SERVICE_NOT_FOUND"
    await door.stub.ResumeService(resume, metadata=door.member(1))
    assert not (await seen(door, door.member(2)))[0].suspended


async def test_only_a_data_protection_officer_widens_what_a_type_may_see(door: DirectoryDoor) -> None:
    request = rpc.SetNeededCategoriesRequest(
        request_id=request_id(), service_type="FOOD", categories=["FAMILY"]
    )
    assert (await refused(door.stub.SetNeededCategories(request, metadata=door.member(1))))[0] == (
        grpc.StatusCode.PERMISSION_DENIED
    )
    officer = door.by(Role.DPO, agency=agency_id(3))
    answer = await door.stub.SetNeededCategories(request, metadata=officer)
    assert set(codes.categories_in(answer.mask)) == {"NAME", "LANGUAGES", "SAFE_CONTACT", "FAMILY"}


async def test_nobody_comes_in_without_an_assertion(door: DirectoryDoor) -> None:
    assert (await refused(door.stub.ListServices(rpc.ListServicesRequest())))[0] == (
        grpc.StatusCode.UNAUTHENTICATED
    )


def test_every_method_of_the_directory_has_an_authorisation_case() -> None:
    methods = rpc.DESCRIPTOR.services_by_name["DirectoryService"].methods
    assert set(DIRECTORY_ACCESS) == {f"/kem.directory.v1.DirectoryService/{one.name}" for one in methods}
