"""Pages are open to those whom the services answer: compared with each service's own table."""

import re
from collections.abc import Mapping

import pytest

from chassis.access import Access
from chassis.operations_server import OPERATIONS_ACCESS
from kernel.vocabulary import Role
from services.access.entrypoints.access import ACCESS as OF_ACCESS
from services.audit.entrypoints.access import ACCESS as OF_AUDIT
from services.console.entrypoints.page import Page
from services.intake.entrypoints.access import ACCESS as OF_INTAKE
from services.notifications.entrypoints.access import ACCESS as OF_NOTIFICATIONS
from services.referral.entrypoints.access import ACCESS as OF_REFERRAL
from tests.unit.console.pages import every_page

DOORS: Mapping[str, Access] = {
    method.rpartition(".")[2]: access
    for table in (OF_INTAKE, OF_REFERRAL, OF_NOTIFICATIONS, OF_ACCESS, OF_AUDIT, OPERATIONS_ACCESS)
    for method, access in table.items()
}
"""By Service/Method who may call it."""


@pytest.mark.parametrize("page", every_page(), ids=lambda page: f"{page.path} {','.join(page.methods)}")
def test_whoever_may_see_a_page_is_answered_by_all_that_it_calls(page: Page) -> None:
    for call in page.calls:
        access = DOORS[call]
        if page.roles is None:
            assert access.public or access.internal, f"{call} answers nobody who has not signed in"
        else:
            assert access.public or page.roles <= access.roles, f"{call}: {page.roles - access.roles}"
    for role, calls in page.calls_of.items():
        assert page.roles is not None
        assert role in page.roles
        for call in calls:
            assert role in DOORS[call].roles, f"{call}: {role}"


def test_addresses_are_plain_and_each_is_there_once() -> None:
    pages = every_page()
    for page in pages:
        assert re.fullmatch(r"(/[a-z0-9_.-]+|/\{[a-z_]+\})*/?", page.path), page.path
    paths = [(page.path, method) for page in pages for method in page.methods]
    assert len(paths) == len(set(paths))


def test_nobody_sees_a_page_of_staff_as_a_service() -> None:
    assert not any(Role.SERVICE in page.roles for page in every_page() if page.roles is not None)
