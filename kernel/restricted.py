"""Services that must not be known to be somebody's, and who may see that all the same."""

from collections.abc import Collection
from typing import Final

from kernel import codes
from kernel.vocabulary import Role

PROTECTION_ROLES: Final = frozenset({Role.CHILD_PROTECTION_OFFICER, Role.GBV_FOCAL_POINT})
"""Only they find people who need, or needed, a restricted service: others ask them."""

RESTRICTED_TYPES: Final = tuple(code for code, kind in codes.SERVICE_TYPES.items() if kind.restricted)


def types_hidden_from(roles: Collection[str]) -> tuple[str, ...]:
    """The types of which somebody with these roles may not see who is with them."""
    return () if may_see_restricted(roles) else RESTRICTED_TYPES


def may_see_restricted(roles: Collection[str]) -> bool:
    """Whether somebody with these roles may see who is with a restricted service."""
    return not PROTECTION_ROLES.isdisjoint(roles)
