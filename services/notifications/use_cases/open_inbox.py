"""Decides which inbox a caller means and whether it is theirs."""

from typing import Final

from chassis.caller import Caller
from kernel.errors import NotPermitted
from kernel.ids import AgencyId
from kernel.vocabulary import Role
from services.notifications.domain.recipient import Inbox, Recipient

AGENCY_ROLES: Final = frozenset({Role.AGENCY_MEMBER, Role.AGENCY_ADMIN})
DESK_ROLES: Final = frozenset(
    {
        Role.INTAKE_WORKER,
        Role.CASEWORKER,
        Role.SUPERVISOR,
        Role.CHILD_PROTECTION_OFFICER,
        Role.GBV_FOCAL_POINT,
        # agencies may refer people themselves, and follow what became of it
        Role.AGENCY_MEMBER,
        Role.AGENCY_ADMIN,
    }
)
_ROLES: Final = {Inbox.AGENCY: AGENCY_ROLES, Inbox.DESK: DESK_ROLES}


def open_inbox(inbox: Inbox, caller: Caller) -> Recipient:
    """The caller's own inbox of that kind; there is no way to name another agency's.

    Raises:
        NotPermitted: the caller has no agency, or none of the roles that read this inbox.
    """
    if caller.agency_id is None:
        raise NotPermitted("Only who works for an agency has an inbox.", reason="NO_AGENCY")
    if not _ROLES[inbox] & caller.roles:
        raise NotPermitted("Your role does not read this inbox.", inbox=inbox)
    return Recipient(inbox, AgencyId(caller.agency_id))
