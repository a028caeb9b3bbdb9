"""Closed unless the table opens it."""

from uuid import uuid4

import pytest

from chassis.access import Access, decide
from chassis.caller import Caller
from kernel.errors import NotAuthenticated, NotPermitted

TABLE = {
    "/kem.x.v1.X/ForMembers": Access(frozenset({"agency_member"})),
    "/kem.x.v1.X/ForServices": Access(internal=True),
    "/kem.x.v1.X/ForAll": Access(public=True),
}
SERVICE = Caller.of_service("referral")


def person(*roles: str) -> Caller:
    return Caller(uuid4(), uuid4(), frozenset(roles), "", "pwd", "desk")


def test_the_right_role_may_call() -> None:
    decide("/kem.x.v1.X/ForMembers", person("agency_member"), TABLE)
    decide("/kem.x.v1.X/ForServices", SERVICE, TABLE)
    decide("/kem.x.v1.X/ForAll", None, TABLE)


@pytest.mark.parametrize(
    ("method", "caller"),
    [
        ("ForMembers", person("dpo")),
        ("ForMembers", SERVICE),
        ("ForServices", person("agency_member", "operator")),
        ("NotInTheTable", person("agency_member")),
        ("NotInTheTable", SERVICE),
    ],
)
def test_everybody_else_is_refused(method: str, caller: Caller) -> None:
    with pytest.raises(NotPermitted):
        decide(f"/kem.x.v1.X/{method}", caller, TABLE)


def test_nobody_calls_without_a_name() -> None:
    with pytest.raises(NotAuthenticated):
        decide("/kem.x.v1.X/ForMembers", None, TABLE)
