"""Whatever a known caller sends to any method: an answer, or words for what is wrong; never a fault of ours.

In the deep layer each method gets more of them. `KEM_FUZZ_SEED` says from which seed they are drawn.
"""

import os
from random import Random
from typing import Any, Final

import grpc
import pytest
from google.protobuf.descriptor_pool import Default
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from chassis.access import Access
from kernel.codes import Role
from tests.architecture.test_every_rpc_is_authorised import every_table, methods_of_the_contracts
from tests.component.access.every_door import EveryDoor
from tests.component.access.methods import SHORT_NAMES, request_of
from tests.support.damage import damaged, filled, with_one_misfit
from tests.support.vault import KEM

METHODS: Final = sorted(methods_of_the_contracts())
ACCESS: Final[dict[str, Access]] = {
    method: row for table in every_table().values() for method, row in table.items()
}
ROUNDS: Final = 500 if os.environ.get("KEM_TEST_DEPTH") == "deep" else 15
SEED: Final = os.environ.get("KEM_FUZZ_SEED", "1")
FAULTS: Final = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN}
SECONDS: Final = 10.0


@pytest.mark.parametrize("method", METHODS)
async def test_no_request_finds_a_fault_of_ours(doors: EveryDoor, method: str) -> None:
    chance = Random(f"{SEED} {method}")
    for number in range(ROUNDS):
        request = _request(doors, method, chance)
        code, words = await _sent(doors, method, _somebody(doors, method, chance), request)
        assert code not in FAULTS, f"{words}\nround {number} of seed {SEED} sent {request!r}"


def _request(doors: EveryDoor, method: str, chance: Random) -> bytes:
    """Bytes that are no request, a request filled at will, or a right one with one thing wrong in it."""
    service, _, name = method.removeprefix("/").partition("/")
    kind = GetMessageClass(Default().FindServiceByName(service).methods_by_name[name].input_type)
    right: Message = request_of(doors.case, doors.desk, SHORT_NAMES[method])
    match chance.randrange(8):
        case 0:
            return damaged([right.SerializeToString()], chance)
        case 1:
            return filled(kind(), chance).SerializeToString()
    return with_one_misfit(right, chance).SerializeToString()


def _somebody(doors: EveryDoor, method: str, chance: Random) -> str | None:
    """Somebody who may call: of KEM, of the agency, or of none."""
    access = ACCESS[method]
    if access.public:
        return None
    role = chance.choice(sorted(access.roles) or [Role.SERVICE])
    agency_id = chance.choice((KEM, KEM, doors.desk.agency_id, None))
    return doors.token(role, agency_id=agency_id)


async def _sent(doors: EveryDoor, method: str, token: str | None, request: Any) -> tuple[Any, str]:
    try:
        await doors.call(method, token, request, seconds=0.3 if method.endswith("/Subscribe") else SECONDS)
    except grpc.aio.AioRpcError as error:
        return error.code(), str(error.details())
    return grpc.StatusCode.OK, ""
