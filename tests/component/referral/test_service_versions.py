"""Services as they stood at each version, for auditors."""

from typing import Any

import grpc

from kem.directory.v1 import directory_pb2 as directory
from kem.directory.v1 import directory_service_pb2 as rpc
from kernel.codes import Role
from tests.component.referral.directory_door import (
    ADDRESS,
    SHELTER,
    DirectoryDoor,
    location_message,
    refused,
    request_id,
    save,
    service_message,
)
from tests.support.directory import agency_id


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
