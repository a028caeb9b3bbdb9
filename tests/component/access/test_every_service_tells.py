"""Each service has the operators' door, and tells of itself there."""

import pytest

from chassis.operations_server import OPERATIONS_ACCESS
from chassis.release import RELEASE_VERSION
from chassis.topics import READERS
from kem.chassis.v1 import operations_service_pb2 as messages
from kernel.codes import Role
from tests.architecture.test_every_rpc_is_authorised import access_tables
from tests.component.access.every_door import EveryDoor
from tests.component.access.methods import request_of
from tests.support.refusals import refused

GET = "/kem.chassis.v1.OperationsService/GetOperations"


@pytest.mark.parametrize("service", sorted(access_tables()))
async def test_an_operator_is_told_how_the_service_stands(doors: EveryDoor, service: str) -> None:
    answer = await doors.call(GET, doors.token(Role.OPERATOR), service=service)
    told = messages.GetOperationsResponse.FromString(answer)
    assert (told.service, told.serving, told.not_serving_reason) == (service, True, "")
    assert told.release_version == RELEASE_VERSION
    assert told.logged_position >= told.published_position
    assert {one.topic for one in told.consumers} == {
        topic for topic, readers in READERS.items() if service in readers
    }


@pytest.mark.parametrize("service", sorted(access_tables()))
@pytest.mark.parametrize("method", sorted(OPERATIONS_ACCESS))
async def test_nobody_else_is_let_in(doors: EveryDoor, service: str, method: str) -> None:
    request = request_of(doors.case, doors.desk, method.rpartition("/")[2])
    for role in (Role.AUDITOR, Role.DPO, Role.SUPERVISOR, Role.AGENCY_ADMIN, Role.SERVICE):
        with refused() as refusal:
            await doors.call(method, doors.token(role), request, service=service)
        assert refusal.reason == "NOT_PERMITTED", role
