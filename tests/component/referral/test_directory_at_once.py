"""Of two who change the same part of the directory at once the later one replaces nothing unseen."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import grpc
import pytest

from kem.directory.v1 import directory_pb2 as directory
from kem.directory.v1 import directory_service_pb2 as rpc
from tests.component.referral.directory_door import (
    DirectoryDoor,
    agency_message,
    refused,
    request_id,
    service_message,
)
from tests.component.referral.test_places_and_activities import class_message
from tests.support.directory import agency_id, service_id

CONFLICT: Final = (grpc.StatusCode.ALREADY_EXISTS, "VERSION_CONFLICT")
Save = Callable[[DirectoryDoor, str, int | None], Awaitable[int]]
"""Saves a thing under an English name, over the version that was read."""


def names(english: str) -> directory.BilingualText:
    return directory.BilingualText(el="Όνομα", en=english)


async def save_agency(door: DirectoryDoor, name: str, version: int | None) -> int:
    agencies = [agency_message(7, name=names(name), version=version)]
    request = rpc.SaveAgenciesRequest(request_id=request_id(), agencies=agencies)
    return int((await door.stub.SaveAgencies(request, metadata=door.operator)).saved)


async def save_service(door: DirectoryDoor, name: str, version: int | None) -> int:
    services = [service_message(7, name=names(name), expected_version=version)]
    request = rpc.SaveServicesRequest(request_id=request_id(), services=services)
    return int((await door.stub.SaveServices(request, metadata=door.member(1))).saved)


async def save_class(door: DirectoryDoor, name: str, version: int | None) -> int:
    message = class_message(7)
    message.name.CopyFrom(names(name))
    if version is not None:
        message.expected_version = version
    request = rpc.SaveActivitiesRequest(request_id=request_id(), activities=[message])
    return int((await door.stub.SaveActivities(request, metadata=door.member(1))).saved)


async def agency_there(door: DirectoryDoor) -> tuple[str, int]:
    listed = await door.stub.ListAgencies(rpc.ListAgenciesRequest(), metadata=door.member(1))
    one = next(one for one in listed.agencies if one.agency_id == str(agency_id(7)))
    return one.name.en, one.version


async def service_there(door: DirectoryDoor) -> tuple[str, int]:
    request = rpc.GetServiceRequest(service_id=str(service_id(7)))
    one = (await door.stub.GetService(request, metadata=door.member(1))).service
    assert not one.service.HasField("expected_version"), "it is told beside the service"
    return one.service.name.en, one.version


async def class_there(door: DirectoryDoor) -> tuple[str, int]:
    request = rpc.ListActivitiesRequest(activity_id=class_message(7).activity_id)
    [one] = (await door.stub.ListActivities(request, metadata=door.member(1))).activities
    return one.activity.name.en, one.version


THINGS: Final[dict[str, tuple[Save, Callable[[DirectoryDoor], Awaitable[Any]]]]] = {
    "agency": (save_agency, agency_there),
    "service": (save_service, service_there),
    "activity": (save_class, class_there),
}


@pytest.fixture
async def course(door: DirectoryDoor) -> DirectoryDoor:
    """The directory with the service of which the activity is."""
    services = [service_message(1)]
    request = rpc.SaveServicesRequest(request_id=request_id(), services=services)
    await door.stub.SaveServices(request, metadata=door.member(1))
    return door


@pytest.mark.parametrize("thing", THINGS)
async def test_who_has_read_an_older_version_replaces_nothing(course: DirectoryDoor, thing: str) -> None:
    save, there = THINGS[thing]
    assert await save(course, "First", 0) == 1
    assert await there(course) == ("First", 1)
    assert await refused(save(course, "Unseen", 0)) == CONFLICT
    assert await save(course, "First", 0) == 0, "it says what stands"
    assert await save(course, "Second", 1) == 1
    assert await refused(save(course, "Unseen", 1)) == CONFLICT
    assert await refused(save(course, "Unseen", 3)) == CONFLICT, "a version that never was"
    assert await there(course) == ("Second", 2)
    assert await save(course, "Third", None) == 1, "who names no version replaces what is there"
    assert await there(course) == ("Third", 3)


@pytest.mark.parametrize("thing", THINGS)
async def test_of_many_at_the_same_moment_one_is_saved(course: DirectoryDoor, thing: str) -> None:
    save, there = THINGS[thing]
    await save(course, "First", 0)
    tries = await asyncio.gather(
        *(save(course, f"Try {number}", 1) for number in range(5)), return_exceptions=True
    )
    assert sorted(isinstance(one, grpc.aio.AioRpcError) for one in tries) == [False, True, True, True, True]
    name, version = await there(course)
    assert (name, version) == (f"Try {tries.index(1)}", 2)


async def test_a_version_that_does_not_fit_keeps_the_whole_request_from_being_saved(
    course: DirectoryDoor,
) -> None:
    await save_agency(course, "First", 0)
    agencies = [agency_message(8), agency_message(7, name=names("Unseen"), version=5)]
    request = rpc.SaveAgenciesRequest(request_id=request_id(), agencies=agencies)
    assert await refused(course.stub.SaveAgencies(request, metadata=course.operator)) == CONFLICT
    listed = await course.stub.ListAgencies(rpc.ListAgenciesRequest(), metadata=course.operator)
    assert {one.code for one in listed.agencies} == {"AGENCY_1", "AGENCY_2", "AGENCY_3", "AGENCY_7"}
    # the id of a request that was refused is free
    request.agencies[1].version = 1
    assert (await course.stub.SaveAgencies(request, metadata=course.operator)).saved == 2
