"""The one table of roles."""

from pathlib import Path

import pytest

from kernel.errors import Invalid, NotPermitted
from kernel.ids import AgencyId, PrincipalId, random_id
from kernel.vocabulary import Role
from services.access.domain.account import Account, AccountNotFound
from services.access.domain.keeper import Keeper
from services.access.domain.roles import ROLES, roles_of, roles_that_count
from services.access.entrypoints.access import ACCESS
from tests.unit.access.staff import NOW, account

GLOSSARY = (Path(__file__).parents[3] / "docs" / "glossary.md").read_text(encoding="utf-8")
AGENCY = AgencyId(random_id())
ADMIN = Keeper(PrincipalId(random_id()), AGENCY, is_operator=False)
OPERATOR = Keeper(PrincipalId(random_id()), None, is_operator=True)


def test_every_role_of_a_person_is_in_the_table_under_the_glossarys_greek_name() -> None:
    assert set(ROLES) == set(Role) - {Role.SERVICE}
    for role, row in ROLES.items():
        assert f"| {role} | {row.name_el} | " in GLOSSARY


@pytest.mark.parametrize("codes", [[], ["service"], ["caseworker", "teapot"]])
def test_nobody_is_given_no_role_or_one_that_there_is_not_or_the_systems(codes: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        roles_of(codes)
    assert refused.value.stable_reason == "ROLE_NOT_KNOWN"


def test_whoever_sees_everybody_or_keeps_accounts_needs_a_second_factor() -> None:
    roles = {Role.AUDITOR, Role.DPO, Role.OPERATOR, Role.AGENCY_ADMIN, Role.CASEWORKER}
    assert roles_that_count(roles, "pwd") == {Role.CASEWORKER}
    assert roles_that_count(roles, "mfa") == roles


def test_no_role_that_makes_a_way_into_other_peoples_accounts_is_known_by_a_password_alone() -> None:
    doors = {
        method: access
        for method, access in ACCESS.items()
        if "StaffService" in method
        and not method.endswith("/ListColleagues")  # it shows names, and opens nothing
    }
    assert doors
    keepers = {Role(role) for access in doors.values() for role in access.roles}
    assert roles_that_count(keepers, "pwd") == set()


@pytest.mark.parametrize("role", [role for role, row in ROLES.items() if not row.is_of_agency])
def test_an_agencys_admin_neither_gives_a_role_of_the_hub_nor_touches_who_has_it(role: Role) -> None:
    with pytest.raises(NotPermitted) as refused:
        ADMIN.require_may_give(frozenset({Role.AGENCY_MEMBER, role}))
    assert refused.value.stable_reason == "ROLE_NOT_YOURS_TO_GIVE"
    with pytest.raises(NotPermitted):
        ADMIN.require_may_change(account(AGENCY, role, Role.AGENCY_MEMBER))
    OPERATOR.require_may_give(frozenset({role}))
    OPERATOR.require_may_change(account(AGENCY, role))


def test_an_agencys_admin_keeps_the_own_agencys_accounts_only() -> None:
    ADMIN.require_may_change(account(AGENCY, Role.AGENCY_MEMBER))
    for other in (AgencyId(random_id()), None):
        with pytest.raises(AccountNotFound):
            ADMIN.require_may_change(account(other, Role.AGENCY_MEMBER))
        with pytest.raises(NotPermitted):
            ADMIN.require_own_agency(other)
    nobody = Keeper(PrincipalId(random_id()), None, is_operator=False)
    with pytest.raises(NotPermitted):
        nobody.require_own_agency(None)
    with pytest.raises(AccountNotFound):
        nobody.require_may_change(account(None, Role.AGENCY_MEMBER))


@pytest.mark.parametrize("keeper", [ADMIN, OPERATOR])
def test_nobody_changes_the_own_account(keeper: Keeper) -> None:
    own = Account(
        keeper.principal_id, keeper.agency_id, "me", "", frozenset({Role.AGENCY_ADMIN}), opened_time=NOW
    )
    with pytest.raises(NotPermitted) as refused:
        keeper.require_may_change(own)
    assert refused.value.stable_reason == "OWN_ACCOUNT"
