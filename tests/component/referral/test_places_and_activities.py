"""How many places there are: of services and of courses, declared by the agency that has them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import grpc

from kem.directory.v1 import directory_pb2 as directory
from kem.directory.v1 import directory_service_pb2 as rpc
from tests.component.referral.directory_door import (
    SHELTER,
    DirectoryDoor,
    places,
    refused,
    request_id,
    save,
    seen,
    service_message,
)
from tests.support.directory import agency_id, service_id


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
