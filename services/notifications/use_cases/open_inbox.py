"""Decides which inbox a caller means: always one of their own agency's, or of their own office."""

from collections.abc import Collection
from typing import Final

from chassis.caller import Caller
from kernel.errors import NotPermitted
from kernel.ids import AgencyId
from kernel.vocabulary import Role
from services.notifications.domain.recipient import OFFICERS, Inbox, Recipient

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

ROLES_OF_OFFICERS: Final = {Inbox.DPO: Role.DPO, Inbox.SAFEGUARDING: Role.SAFEGUARDING_OFFICER}
MAILED: Final = READERS | frozenset(ROLES_OF_OFFICERS.values())
"""Whom mails may tell of what is new in an inbox of theirs."""


def may_be_told(inbox: Inbox, roles: Collection[str]) -> bool:
    """Whether somebody with these roles has a part in an inbox of that kind, where it is theirs."""
    office = ROLES_OF_OFFICERS.get(inbox)
    return office in roles if office is not None else not READERS.isdisjoint(roles)


def open_inbox(inbox: Inbox, caller: Caller) -> Recipient:
    """The caller's own inbox of that kind; there is no way to name another agency's.

    Raises:
        NotPermitted: NO_AGENCY; or HUB_OFFICER_ONLY: it is of others than the caller.
    """
    if inbox in OFFICERS:
        if caller.agency_id is not None or not may_be_told(inbox, caller.roles):
            raise NotPermitted(
                "Only an officer of the hub itself hears what waits for its officers.",
                reason="HUB_OFFICER_ONLY",
            )
        return Recipient(inbox, None)
    if caller.agency_id is None:
        raise NotPermitted("Only who works for an agency has an inbox.", reason="NO_AGENCY")
    return Recipient(inbox, AgencyId(caller.agency_id))


def check_hears(inbox: Inbox, caller: Caller) -> None:
    """Lets somebody be told of what is new there. Whoever was, and has other roles by now, may still end it.

    Raises:
        NotPermitted: INBOX_OF_AGENCY: an officer who acts for an agency has no part in its inboxes.
    """
    if inbox not in OFFICERS and not may_be_told(inbox, caller.roles):
        raise NotPermitted("Your roles have no part in your agency's inboxes.", reason="INBOX_OF_AGENCY")
