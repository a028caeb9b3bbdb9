"""Who may call what of ReferralService: a method without a decision is closed to everybody."""

from uuid import UUID

import pytest

from chassis.access import decide
from chassis.caller import Caller
from kem.referral.v1 import referral_service_pb2 as rpc
from kernel.codes import Role
from kernel.errors import NotAuthenticated, NotPermitted
from services.referral.entrypoints.access import ACCESS, AGENCY_ROLES, DESK_ROLES

SERVICE = rpc.DESCRIPTOR.services_by_name["ReferralService"]
METHODS = [f"/{SERVICE.full_name}/{method.name}" for method in SERVICE.methods]
ALLOWED = dict.fromkeys(METHODS, DESK_ROLES | AGENCY_ROLES)


def somebody(role: Role) -> Caller:
    return Caller(UUID(int=1), UUID(int=2), frozenset({role}), "", "pwd", "test")


def test_every_method_has_a_decision() -> None:
    assert set(METHODS) == {method for method in ACCESS if method.startswith(f"/{SERVICE.full_name}/")}


@pytest.mark.parametrize("method", METHODS)
def test_nobody_without_a_name_comes_in(method: str) -> None:
    with pytest.raises(NotAuthenticated):
        decide(method, None, ACCESS)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("role", list(Role))
def test_only_those_who_work_with_cases_come_in(method: str, role: Role) -> None:
    if role in ALLOWED[method]:
        decide(method, somebody(role), ACCESS)
        return
    with pytest.raises(NotPermitted):
        decide(method, somebody(role), ACCESS)
