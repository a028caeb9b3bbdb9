"""Invented staff for unit tests."""

from datetime import UTC, datetime

from kernel.ids import AgencyId, PrincipalId, random_id
from kernel.vocabulary import Role
from services.access.domain.account import Account

NOW = datetime(2026, 3, 2, 9, 30, 15, tzinfo=UTC)


def account(agency_id: AgencyId | None = None, *roles: Role) -> Account:
    """Somebody's account, just made."""
    given = frozenset(roles or {Role.CASEWORKER})
    principal_id = PrincipalId(random_id())
    return Account(principal_id, agency_id, f"staff-{principal_id.hex[:6]}", "Sample", given, opened_time=NOW)
