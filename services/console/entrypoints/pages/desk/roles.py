"""Who works at a desk: KEM's staff, and agencies that refer people themselves."""

from typing import Final

from kernel.vocabulary import Origin, Role
from services.console.adapters.names import Names
from services.console.entrypoints.sessions import User

KEM: Final = frozenset(
    {
        Role.INTAKE_WORKER,
        Role.CASEWORKER,
        Role.SUPERVISOR,
        Role.CHILD_PROTECTION_OFFICER,
        Role.GBV_FOCAL_POINT,
    }
)
AGENCY: Final = frozenset({Role.AGENCY_MEMBER, Role.AGENCY_ADMIN})
DESK: Final = KEM | AGENCY
"""Both see only the people whom their own agency registered: the services see to it."""
KEM_CODE: Final = "KEM"
"""Of the agency whose desk is KEM's own."""


async def door_of(names: Names, user: User) -> Origin:
    """By which door people come to somebody's desk, unless that says otherwise."""
    agencies = await names.agencies(user.metadata)
    own = agencies.get(user.agency_id or "")
    return Origin.KEM_DESK if own is not None and own.code == KEM_CODE else Origin.WALK_IN
