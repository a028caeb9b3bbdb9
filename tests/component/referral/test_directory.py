"""The directory through its gRPC door: agencies keep their own part, and hidden places stay hidden."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from kem.directory.v1 import directory_pb2 as directory
from kem.directory.v1 import directory_service_pb2 as rpc
from kernel import codes
from kernel.codes import Role
from services.referral.entrypoints.directory_server import DIRECTORY_ACCESS
from tests.component.referral.directory_door import (
    DirectoryDoor,
    agency_message,
    location_message,
    open_door,
    places,
    refused,
    request_id,
    service_message,
)
from tests.support.directory import agency_id, service_id
from tests.support.postgres import FreshDatabase, MakeDatabase

ADDRESS = "Μυστική 7"
SHELTER: dict[str, Any] = {
    "service_type": "GBV_SHELTER",
    "listing": directory.LISTING_NAMED_STAFF,
    "location": location_message(directory.LOCATION_VISIBILITY_HIDDEN, ADDRESS),
}


@pytest.fixture
def fresh(fresh_database: MakeDatabase) -> FreshDatabase:
    return fresh_database(schemas=("referral",))


@pytest.fixture
async def door(fresh: FreshDatabase, tmp_path: Path) -> AsyncIterator[DirectoryDoor]:
    async with open_door(fresh, tmp_path) as opened:
        agencies = [agency_message(number) for number in (1, 2, 3)]
        request = rpc.SaveAgenciesRequest(request_id=request_id(), agencies=agencies)
        await opened.stub.SaveAgencies(request, metadata=opened.operator)
        yield opened


async def save(door: DirectoryDoor, *services: directory.Service, by: Any = None) -> int:
    request = rpc.SaveServicesRequest(request_id=request_id(), services=services)
    answer = await door.stub.SaveServices(request, metadata=by or door.operator)
    return int(answer.saved)


async def seen(door: DirectoryDoor, by: Any, **narrowed: Any) -> list[directory.ListedService]:
    page = await door.stub.ListServices(rpc.ListServicesRequest(**narrowed), metadata=by)
    assert page.total_size == len(page.services)
    return list(page.services)


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


async def test_an_auditor_is_shown_a_service_as_it_stood_at_each_version(door: DirectoryDoor) -> None:
    first, second = service_message(1), service_message(1)
    second.languages[:] = ["ell"]
    second.eligibility.age_bands[:] = ["BAND_18_24"]
    await save(door, first, by=door.member(1))
    await save(door, second, by=door.member(1))
    suspend = rpc.SuspendServiceRequest(request_id=request_id(), service_id=first.service_id)
    await door.stub.SuspendService(suspend, metadata=door.member(1))
    shown = [await version_of(door, first.service_id, version) for version in (1, 2, 3)]
    plain = [one.service for one in shown]
    for one in plain:
        one.duty_phone = first.duty_phone  # an auditor calls nobody
    assert plain == [first, second, second]
    assert [one.suspended for one in shown] == [False, False, True]
    assert [one.HasField("replaced_time") for one in shown] == [True, True, False]
    assert shown[0].replaced_time == shown[1].saved_time
    code, _ = await refused(version_of(door, first.service_id, 4))
    assert code is grpc.StatusCode.NOT_FOUND


async def test_a_hidden_place_stays_hidden_and_a_restricted_service_unknown_in_every_version(
    door: DirectoryDoor,
) -> None:
    hidden = service_message(
        1,
        listing=directory.LISTING_NAMED_STAFF,
        location=location_message(directory.LOCATION_VISIBILITY_HIDDEN, ADDRESS),
    )
    restricted = service_message(2, **SHELTER)
    await save(door, hidden, restricted)
    shown = await version_of(door, hidden.service_id, 1)
    assert shown.service.name == hidden.name
    assert ADDRESS not in str(shown)
    code, _ = await refused(version_of(door, restricted.service_id, 1))
    assert code is grpc.StatusCode.NOT_FOUND


async def version_of(door: DirectoryDoor, service_id: str, version: int) -> rpc.GetServiceVersionResponse:
    request = rpc.GetServiceVersionRequest(service_id=service_id, version=version)
    shown: rpc.GetServiceVersionResponse = await door.stub.GetServiceVersion(
        request, metadata=door.by(Role.AUDITOR)
    )
    return shown


async def versions_of(
    door: DirectoryDoor, *cited: tuple[str, int], by: Any = None
) -> list[rpc.ServiceVersion]:
    asked = [rpc.CitedService(service_id=service_id, version=version) for service_id, version in cited]
    request = rpc.BatchGetServiceVersionsRequest(cited=asked)
    found = await door.stub.BatchGetServiceVersions(request, metadata=by or door.by(Role.AUDITOR))
    return list(found.versions)


async def test_many_versions_are_shown_by_one_call_each_as_by_a_call_of_its_own(door: DirectoryDoor) -> None:
    first, second = service_message(1), service_message(2)
    await save(door, first, second)
    second.languages[:] = ["ell"]
    await save(door, second)
    cited = [(first.service_id, 1), (second.service_id, 1), (second.service_id, 2)]
    shown = {(one.service.service_id, one.version): one for one in await versions_of(door, *cited)}
    assert set(shown) == set(cited)
    for (one, version), found in shown.items():
        alone = await version_of(door, one, version)
        for field in alone.DESCRIPTOR.fields:
            assert getattr(found, field.name) == getattr(alone, field.name), field.name
    assert [shown[one].HasField("replaced_time") for one in cited] == [False, True, False]


async def test_among_many_versions_what_is_not_there_and_what_is_restricted_is_left_out_alike(
    door: DirectoryDoor,
) -> None:
    hidden = service_message(
        1,
        listing=directory.LISTING_NAMED_STAFF,
        location=location_message(directory.LOCATION_VISIBILITY_HIDDEN, ADDRESS),
    )
    restricted = service_message(2, **SHELTER)
    await save(door, hidden, restricted)
    cited = [(hidden.service_id, 1), (hidden.service_id, 2), (restricted.service_id, 1), (request_id(), 1)]
    for role in (Role.AUDITOR, Role.DPO):
        [shown] = await versions_of(door, *cited, by=door.by(role))
        assert (shown.service.service_id, shown.version) == (hidden.service_id, 1)
        assert ADDRESS not in str(shown)
    assert await versions_of(door, (restricted.service_id, 1)) == []


async def test_many_versions_are_asked_for_once_each_at_most_two_hundred_and_by_auditors(
    door: DirectoryDoor,
) -> None:
    one = (service_message(1).service_id, 1)
    many = [(request_id(), 1) for _ in range(201)]
    assert await versions_of(door, *many[:200]) == []
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    assert await refused(versions_of(door, one, one)) == (invalid, "NAMED_TWICE")
    for cited in ([], many, [("Maria", 1)], [(one[0], 0)]):
        code, _ = await refused(versions_of(door, *cited))
        assert code is invalid
    for by in (door.member(1), door.operator, door.by(Role.CASEWORKER, agency=agency_id(1))):
        assert await refused(versions_of(door, one, by=by)) == (
            grpc.StatusCode.PERMISSION_DENIED,
            "NOT_PERMITTED",
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


def class_message(number: int, of: int = 1) -> directory.Activity:
    message = directory.Activity(
        activity_id=str(service_id(900 + number)),
        service_id=str(service_id(of)),
        name=directory.BilingualText(el="Τμήμα", en=f"Class {number}"),
        capacity=places(10),
    )
    message.start_time.FromDatetime(datetime(2999, 1, number, tzinfo=UTC))
    message.end_time.FromDatetime(datetime(2999, 3, number, tzinfo=UTC))
    return message


async def test_activities_carry_the_places_of_a_course(door: DirectoryDoor) -> None:
    await save(door, service_message(1), service_message(2, **SHELTER))
    classes = [class_message(3), class_message(1), class_message(2)]
    request = rpc.SaveActivitiesRequest(
        request_id=request_id(), activities=[*classes, class_message(4, of=2)]
    )
    assert (await door.stub.SaveActivities(request, metadata=door.member(1))).saved == 4
    first = await door.stub.ListActivities(rpc.ListActivitiesRequest(page_size=2), metadata=door.member(2))
    rest = await door.stub.ListActivities(
        rpc.ListActivitiesRequest(page_size=2, page_token=first.next_page_token), metadata=door.member(2)
    )
    told = [*first.activities, *rest.activities]
    assert [one.activity.name.en for one in told] == ["Class 1", "Class 2", "Class 3"]
    assert (told[0].activity, told[0].free_places) == (classes[1], 10)
    assert (rest.next_page_token, rest.total_size) == ("", 3)
    assert (await seen(door, door.member(2)))[0].free_places == 30


async def test_capacity_is_declared_by_the_agency_that_has_it(door: DirectoryDoor) -> None:
    await save(door, service_message(1))
    request = rpc.DeclareCapacityRequest(
        request_id=request_id(), unit_id=str(service_id(1)), capacity=places(8)
    )
    assert await refused(door.stub.DeclareCapacity(request, metadata=door.member(2))) == (
        grpc.StatusCode.NOT_FOUND,
        "UNIT_NOT_FOUND",
    )
    declared = await door.stub.DeclareCapacity(request, metadata=door.member(1))
    assert (declared.free_places, declared.over_declared) == (8, False)
    unlimited = rpc.DeclareCapacityRequest(
        request_id=request_id(),
        unit_id=str(service_id(1)),
        capacity=directory.Capacity(kind=directory.Capacity.KIND_UNLIMITED),
    )
    declared = await door.stub.DeclareCapacity(unlimited, metadata=door.member(1))
    assert not declared.HasField("free_places")


async def test_several_capacities_are_declared_at_once_or_none(door: DirectoryDoor) -> None:
    await save(door, service_message(1), service_message(2), service_message(3, 2))

    def declared(*numbers: int) -> rpc.DeclareCapacitiesRequest:
        units = [rpc.UnitCapacity(unit_id=str(service_id(one)), capacity=places(7)) for one in numbers]
        return rpc.DeclareCapacitiesRequest(request_id=request_id(), units=units)

    async def free() -> dict[str, int]:
        return {one.service.service_id: one.free_places for one in await seen(door, door.member(1))}

    own, of_another = declared(2, 1), declared(1, 3)
    for reason, request in (
        ("UNIT_NOT_FOUND", of_another),
        ("UNIT_NOT_FOUND", declared(1, 99)),
        ("NAMED_TWICE", declared(1, 1)),
    ):
        assert (await refused(door.stub.DeclareCapacities(request, metadata=door.member(1))))[1] == reason
    assert set((await free()).values()) == {3}
    for _ in range(2):  # a repeat has no further effect
        answer = await door.stub.DeclareCapacities(own, metadata=door.member(1))
        assert answer.declared == 2
    stands = await free()
    assert [stands[str(service_id(number))] for number in (1, 2, 3)] == [7, 7, 3]


async def test_activities_are_found_by_agency_and_only_those_that_are_not_over(door: DirectoryDoor) -> None:
    await save(door, service_message(1), service_message(2, 2))
    now = datetime.now(UTC)
    over = class_message(1, of=1)
    over.start_time.FromDatetime(now - timedelta(days=9))
    over.end_time.FromDatetime(now - timedelta(days=1))
    current, elsewhere = class_message(2, of=1), class_message(3, of=2)
    for number, saved in ((1, [over, current]), (2, [elsewhere])):
        await door.stub.SaveActivities(
            rpc.SaveActivitiesRequest(request_id=request_id(), activities=saved), metadata=door.member(number)
        )

    async def found(**asked: Any) -> list[str]:
        page = await door.stub.ListActivities(rpc.ListActivitiesRequest(**asked), metadata=door.member(1))
        assert page.total_size == len(page.activities)
        return [one.activity.activity_id for one in page.activities]

    one = str(agency_id(1))
    assert await found(agency_id=one) == [over.activity_id, current.activity_id]
    assert await found(agency_id=one, current_only=True) == [current.activity_id]
    assert await found(activity_id=over.activity_id) == [over.activity_id]
    assert await found(agency_id=one, activity_id=elsewhere.activity_id) == []


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
