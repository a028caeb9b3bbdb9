"""Every method of every contract has one row in one service's access table, and each row names a method."""

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from chassis.access import Access
from chassis.operations_server import OPERATIONS_ACCESS
from kernel.codes import Role

ROOT = Path(__file__).resolve().parents[2]


HOSTED_BY_PARTNERS = "kem.partner."
"""The one package whose doors are not ours: the hub calls there."""

OPEN_TO_EVERYBODY = {
    f"/kem.access.v1.SignInService/{method}"
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
} | {f"/kem.disclosure.v1.ReceiptService/{method}" for method in ("CheckReceipt", "ReadReceipt")}
"""Where somebody becomes known: by a password, a session's secret or a provider's word; and by which ones.
And where whoever holds a receipt asks about it: by a code of a hundred random bits, for more by a PIN."""


def methods_of_the_contracts() -> Iterator[str]:
    """The full name of every RPC that the hub answers, by the generated code."""
    for path in sorted((ROOT / "gen").glob("kem/**/*_pb2.py")):
        name = ".".join(path.relative_to(ROOT / "gen").with_suffix("").parts)
        if name.startswith(HOSTED_BY_PARTNERS):
            continue
        for service in importlib.import_module(name).DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                yield f"/{service.full_name}/{method.name}"


def access_tables() -> dict[str, Mapping[str, Access]]:
    """The table of each service."""
    return {
        file.parts[-3]: importlib.import_module(f"services.{file.parts[-3]}.entrypoints.access").ACCESS
        for file in sorted(ROOT.glob("services/*/entrypoints/access.py"))
    }


def every_table() -> dict[str, Mapping[str, Access]]:
    """These, and the one that every service has beside its own."""
    return access_tables() | {"chassis": OPERATIONS_ACCESS}


def unguarded(methods: set[str], tables: Mapping[str, Mapping[str, Access]]) -> set[str]:
    """Methods that stand in no table or in more than one."""
    return {method for method in methods if sum(method in table for table in tables.values()) != 1}


def test_every_method_has_one_row_in_one_access_table() -> None:
    methods = set(methods_of_the_contracts())
    assert len(methods) > 40
    assert unguarded(methods, every_table()) == set()


def test_a_new_method_without_a_row_would_be_found() -> None:
    new = "/kem.referral.v1.ReferralService/MergeReferrals"
    assert unguarded({new, *methods_of_the_contracts()}, every_table()) == {new}


def test_no_door_of_a_partner_is_answered_by_the_hub() -> None:
    for file in ROOT.glob("services/**/*.py"):
        assert "add_PartnerInboxServiceServicer_to_server" not in file.read_text(), file


def test_no_row_names_a_method_that_does_not_exist() -> None:
    methods = set(methods_of_the_contracts())
    assert [row for table in every_table().values() for row in table if row not in methods] == []


def test_no_method_is_open_to_nobody_and_none_to_everybody_but_where_somebody_becomes_known() -> None:
    for table in every_table().values():
        for method, access in table.items():
            assert access.public is (method in OPEN_TO_EVERYBODY), method
            assert access.public or access.internal or access.roles, method
            assert access.roles <= set(Role), method
