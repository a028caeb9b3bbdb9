"""Every method of every contract, called by nobody, by every role that may not, and about others' cases.

The lists come from the descriptors and from the access tables: a new method fails here until it is covered.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import grpc
import pytest

from chassis.access import Access
from kernel.ids import random_id
from tests.architecture.test_every_rpc_is_authorised import access_tables, methods_of_the_contracts
from tests.component.access.every_door import Case, EveryDoor, every_door, roles_without
from tests.component.access.strangers import NAMES_NOTHING_OF_OTHERS, requests_about
from tests.integration.chassis.assertions import make_signer
from tests.support.postgres import FreshDatabase
from tests.support.refusals import Refusal, refused
from tools.stack.broker import Broker
from tools.stack.postgres import PostgresServer

METHODS = sorted(methods_of_the_contracts())
ACCESS: dict[str, Access] = {
    method: row for table in access_tables().values() for method, row in table.items()
}
CLOSED = sorted(method for method in METHODS if not ACCESS[method].public)
SHOWN_TO_EVERYBODY = "/kem.access.v1.SignInService/ListProviders"
"""At which providers one may sign in; a page of sign-in needs it before anybody is known."""
SCHEMAS = ("intake", "referral", "notifications", "access")
NOT_FOUND, PERMISSION_DENIED = grpc.StatusCode.NOT_FOUND, grpc.StatusCode.PERMISSION_DENIED
OTHER_CODES = {"GetDisclosure": grpc.StatusCode.FAILED_PRECONDITION}
"""An acceptance may be on its way: ask again, whether there is such a referral or not."""
FOR_EVERY_ROLE = {"GetService", "ListAgencies", "ListServices", "ListActivities"}
"""The directory is read by everybody who has any role."""
PUBLIC_THINGS = {"SaveServices", "SaveActivities", "DeclareCapacity", "SuspendService", "ResumeService"}
"""That a service exists is no secret; a stranger is told that it is not theirs, or not among theirs."""


@pytest.fixture(scope="module")
async def doors(
    postgres_server: PostgresServer,
    database_template: Callable[[tuple[str, ...]], str],
    broker: Broker,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[EveryDoor]:
    name = f"access_{random_id().hex}"
    postgres_server.create_database(name, database_template(SCHEMAS))
    folder: Path = tmp_path_factory.mktemp("doors")
    async with every_door(FreshDatabase(postgres_server, name, SCHEMAS), folder, broker.bootstrap) as opened:
        yield opened
    postgres_server.drop_database(name)


def name_of(method: str) -> str:
    return method.rpartition("/")[2]


def test_every_method_has_a_case_for_strangers(doors: EveryDoor) -> None:
    covered = set(requests_about(doors.case, doors.desk)) | set(NAMES_NOTHING_OF_OTHERS)
    assert covered == {name_of(method) for method in METHODS}


@pytest.mark.parametrize("method", METHODS)
async def test_nobody_calls_without_an_assertion_that_holds(
    doors: EveryDoor, method: str, tmp_path: Path
) -> None:
    forged = make_signer(tmp_path, "kem-test").token(random_id(), random_id(), ["supervisor"])
    expired = doors.intake.people.token(random_id(), random_id(), ["supervisor"], lifetime_seconds=-60)
    for token in (*([] if ACCESS[method].public else [None]), forged, expired, "nonsense"):
        with refused() as refusal:
            await doors.call(method, token)
        assert refusal.code is grpc.StatusCode.UNAUTHENTICATED, token


@pytest.mark.parametrize("method", sorted(set(METHODS) - set(CLOSED) - {SHOWN_TO_EVERYBODY}))
async def test_where_somebody_becomes_known_nothing_is_had_for_nothing(doors: EveryDoor, method: str) -> None:
    with refused() as refusal:
        await doors.call(method, None)
    assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT


async def test_everybody_is_shown_the_names_of_providers_and_nothing_else(doors: EveryDoor) -> None:
    assert await doors.call(SHOWN_TO_EVERYBODY, None) == b"", "there are none"


@pytest.mark.parametrize("method", CLOSED)
async def test_a_role_that_may_not_call_is_refused(doors: EveryDoor, method: str) -> None:
    roles = roles_without(ACCESS[method])
    assert bool(roles) is (name_of(method) not in FOR_EVERY_ROLE)
    for token in (doors.token(agency_id=random_id()), *(doors.token(role) for role in roles)):
        with refused() as refusal:
            await doors.call(method, token)
        assert refusal.code is PERMISSION_DENIED


@pytest.mark.parametrize("method", sorted(one for one in METHODS if ACCESS[one].second_factor))
async def test_a_password_alone_does_not_open_what_asks_for_a_second_factor(
    doors: EveryDoor, method: str
) -> None:
    for role in sorted(ACCESS[method].roles):
        with refused() as refusal:
            await doors.call(method, doors.token_by_password(role, agency_id=random_id()))
        assert (refusal.code, refusal.reason) == (PERMISSION_DENIED, "SECOND_FACTOR_NEEDED")


@pytest.mark.parametrize("method", [one for one in METHODS if name_of(one) not in NAMES_NOTHING_OF_OTHERS])
async def test_a_stranger_cannot_tell_whether_a_case_exists(doors: EveryDoor, method: str) -> None:
    name = name_of(method)
    keepers = {"operator", "dpo"} if name in PUBLIC_THINGS else set()  # they keep the whole directory
    roles = sorted(ACCESS[method].roles - keepers)
    answers = await asyncio.gather(
        *(_refused_to_a_stranger(doors, method, role, doors.case) for role in roles)
    )
    if name in PUBLIC_THINGS:
        assert {answer.code for answer in answers} <= {PERMISSION_DENIED, NOT_FOUND}
        return
    unknown = doors.case.unknown()
    alike = await asyncio.gather(*(_refused_to_a_stranger(doors, method, role, unknown) for role in roles))
    for known_answer, unknown_answer in zip(answers, alike, strict=True):
        assert (known_answer.code, known_answer.reason, known_answer.message) == (
            unknown_answer.code,
            unknown_answer.reason,
            unknown_answer.message,
        )
        assert known_answer.code is OTHER_CODES.get(name, NOT_FOUND), known_answer


async def _refused_to_a_stranger(doors: EveryDoor, method: str, role: str, case: Case) -> Refusal:
    request = requests_about(case, doors.desk)[name_of(method)]
    with refused() as refusal:
        await doors.call(method, doors.token(role, agency_id=random_id()), request)
    return refusal
