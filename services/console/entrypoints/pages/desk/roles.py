"""Who works at a desk: KEM's staff, and agencies that refer people themselves."""

from typing import Final

from kernel.vocabulary import Role

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
