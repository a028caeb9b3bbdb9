"""Who may call what. Whose accounts a keeper keeps: domain/keeper.py, and the database once more."""

from collections.abc import Mapping
from typing import Final

from chassis.access import Access
from kernel.vocabulary import Role
from services.access.entrypoints.certificates_server import LIST as LIST_CERTIFICATES

_EVERYBODY: Final = Access(public=True)
"""Who signs in has no assertion yet; each of these asks for a secret of its own, or names what a page of
sign-in shows to everybody.
"""
_KEEPERS: Final = Access(roles=frozenset({Role.OPERATOR, Role.AGENCY_ADMIN}))
_OPERATORS: Final = Access(roles=frozenset({Role.OPERATOR}))
"""An identity is the whole hub's: an agency's admin could take one that belongs to somebody elsewhere."""

_ON_CASES: Final = Access(
    roles=frozenset(
        {
            Role.INTAKE_WORKER,
            Role.CASEWORKER,
            Role.SUPERVISOR,
            Role.CHILD_PROTECTION_OFFICER,
            Role.GBV_FOCAL_POINT,
            Role.AGENCY_MEMBER,
            Role.AGENCY_ADMIN,
        }
    )
)

ACCESS: Final[Mapping[str, Access]] = {
    **{
        f"/kem.access.v1.SignInService/{method}": _EVERYBODY
        for method in (
            "SignIn",
            "ChangePassword",
            "BeginEnrolment",
            "ConfirmEnrolment",
            "ListProviders",
            "BeginSignIn",
            "FinishSignIn",
            "IssueAssertion",
            "SignOut",
        )
    },
    **{
        f"/kem.access.v1.StaffService/{method}": _KEEPERS
        for method in (
            "OpenAccount",
            "ChangeRoles",
            "LockAccount",
            "UnlockAccount",
            "CloseAccount",
            "ResetCredentials",
            "UnlinkIdentity",
            "ListAccounts",
            "ListRoles",
        )
    },
    "/kem.access.v1.StaffService/LinkIdentity": _OPERATORS,
    "/kem.access.v1.StaffService/ListColleagues": _ON_CASES,
    LIST_CERTIFICATES: Access(roles=frozenset({Role.OPERATOR, Role.DPO})),
    "/kem.access.v1.StaffService/BatchGetAccountStates": Access(internal=True),
    "/kem.access.v1.StaffService/NameStaff": Access(
        roles=frozenset({Role.AUDITOR, Role.DPO}), second_factor=True
    ),
}
