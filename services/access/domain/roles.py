"""The one table of roles: what each is called, what it may do, who gives it, and what it asks for.

What a role may call at each door stands in the access table of that door's service.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from kernel.errors import Invalid
from kernel.vocabulary import Role

PASSWORD: Final = "pwd"  # noqa: S105 (the name of a way, not a secret)
SECOND_FACTOR: Final = "mfa"
"""How somebody was known (`acr`): by a password alone, or by a second factor as well."""


@dataclass(frozen=True, slots=True)
class RoleRow:
    """One role.

    Args:
        may: in English, for whoever gives it.
        is_of_agency: whether an agency's admin may give it; all others only an operator.
        needs_second_factor: whether it counts only in sessions that began with one. Whoever can make a way
            into somebody else's account needs one: else everybody's would be worth a keeper's password.
    """

    name_el: str
    name_en: str
    may: str
    is_of_agency: bool = False
    needs_second_factor: bool = False


ROLES: Final[Mapping[Role, RoleRow]] = {
    Role.INTAKE_WORKER: RoleRow(
        "υπάλληλος υποδοχής", "intake worker", "registers people, consents and needs at the desk", True
    ),
    Role.CASEWORKER: RoleRow(
        "υπεύθυνος/η υπόθεσης", "caseworker", "follows a person's referrals to their end", True
    ),
    Role.SUPERVISOR: RoleRow(
        "προϊστάμενος/η", "supervisor", "sees the desk's work and reasons kept for supervisors", True
    ),
    Role.CHILD_PROTECTION_OFFICER: RoleRow(
        "υπεύθυνος/η παιδικής προστασίας", "child protection officer", "works on children's cases", True
    ),
    Role.GBV_FOCAL_POINT: RoleRow(
        "σημείο αναφοράς για έμφυλη βία", "GBV focal point", "works on cases of gender-based violence", True
    ),
    Role.INTERPRETER: RoleRow(
        "διερμηνέας", "interpreter", "speaks for a person, sees no more than the visit needs", True
    ),
    Role.AGENCY_MEMBER: RoleRow(
        "στέλεχος φορέα", "agency member", "answers offers and serves people for an agency", True
    ),
    Role.AGENCY_ADMIN: RoleRow(
        "διαχειριστής/τρια φορέα",
        "agency admin",
        "keeps the agency's services, capacity and accounts",
        is_of_agency=True,
        needs_second_factor=True,
    ),
    Role.COMMITTEE_COORDINATOR: RoleRow(
        "συντονιστής/τρια επιτροπής", "committee coordinator", "sees a committee's sums"
    ),
    Role.ACCMR_OFFICER: RoleRow(
        "στέλεχος ACCMR", "ACCMR officer", "sees overdue cases, never restricted ones"
    ),
    Role.SAFEGUARDING_OFFICER: RoleRow(
        "υπεύθυνος/η προστασίας", "safeguarding officer", "hears complaints about staff and agencies"
    ),
    Role.DPO: RoleRow(
        "υπεύθυνος/η προστασίας δεδομένων",
        "data protection officer",
        "keeps agreements and needed categories",
        needs_second_factor=True,
    ),
    Role.AUDITOR: RoleRow(
        "ελεγκτής/τρια", "auditor", "traces who did and saw what", needs_second_factor=True
    ),
    Role.OPERATOR: RoleRow(
        "διαχειριστής/τρια συστήματος",
        "operator",
        "keeps the system and all accounts; sees no case",
        needs_second_factor=True,
    ),
}
"""Every role that a person can have: all but `service`."""


def roles_of(codes: Iterable[str]) -> frozenset[Role]:
    """The roles of these codes.

    Raises:
        Invalid: ROLE_NOT_KNOWN, none at all or one that nobody can be given.
    """
    given = frozenset(codes)
    if not given or not given <= ROLES.keys():
        raise Invalid(
            "Name at least one role, and only such as ListRoles lists (./kem staff roles).",
            reason="ROLE_NOT_KNOWN",
        )
    return frozenset(Role(code) for code in given)


def roles_that_count(roles: Iterable[Role], acr: str) -> frozenset[Role]:
    """Those of a person's roles that hold in a session which began so."""
    return frozenset(role for role in roles if acr == SECOND_FACTOR or not ROLES[role].needs_second_factor)
