"""Decides which inbox a caller means: always one of their own agency's."""

from typing import Final

from chassis.caller import Caller
from kernel.errors import NotPermitted
from kernel.ids import AgencyId
from kernel.vocabulary import Role
from services.notifications.domain.recipient import Inbox, Recipient

READERS: Final = frozenset(
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
"""Of both inboxes: KEM's own services are answered by KEM's staff, and agencies refer people themselves."""


def open_inbox(inbox: Inbox, caller: Caller) -> Recipient:
    """The caller's own inbox of that kind; there is no way to name another agency's.

    Raises:
        NotPermitted: the caller works for no agency.
    """
    if caller.agency_id is None:
        raise NotPermitted("Only who works for an agency has an inbox.", reason="NO_AGENCY")
    return Recipient(inbox, AgencyId(caller.agency_id))
