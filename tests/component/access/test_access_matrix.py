"""Every method of every contract, called by nobody, and over a password alone.

The lists come from the descriptors and from the access tables: a new method fails here until it is covered.
"""

from pathlib import Path

import grpc
import pytest

from chassis.access import Access
from kernel.ids import random_id
from tests.architecture.test_every_rpc_is_authorised import every_table, methods_of_the_contracts
from tests.component.access.every_door import EveryDoor
from tests.integration.chassis.assertions import make_signer
from tests.support.refusals import refused

METHODS = sorted(methods_of_the_contracts())
ACCESS: dict[str, Access] = {method: row for table in every_table().values() for method, row in table.items()}
CLOSED = sorted(method for method in METHODS if not ACCESS[method].public)
SHOWN_TO_EVERYBODY = "/kem.access.v1.SignInService/ListProviders"
"""At which providers one may sign in; a page of sign-in needs it before anybody is known."""


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
async def test_somebody_without_any_role_is_refused(doors: EveryDoor, method: str) -> None:
    with refused() as refusal:
        await doors.call(method, doors.token(agency_id=random_id()))
    assert refusal.code is grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.parametrize("method", sorted(one for one in METHODS if ACCESS[one].second_factor))
async def test_a_password_alone_does_not_open_what_asks_for_a_second_factor(
    doors: EveryDoor, method: str
) -> None:
    for role in sorted(ACCESS[method].roles):
        with refused() as refusal:
            await doors.call(method, doors.token_by_password(role, agency_id=random_id()))
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SECOND_FACTOR_NEEDED")
