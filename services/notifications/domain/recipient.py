"""Whose inbox: an agency's, where offers come in; a desk's, where the sender hears of every change; or one of
the hub's own officers, who hear that something waits for them.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from kernel.ids import AgencyId, RecipientId, agency_inbox, desk_inbox, officers_inbox


class Inbox(StrEnum):
    """The two inboxes that every agency has, and those of the hub's own officers, who act for no agency."""

    AGENCY = "AGENCY"
    DESK = "DESK"
    DPO = "DPO"
    SAFEGUARDING = "SAFEGUARDING"


OFFICERS: Final = frozenset({Inbox.DPO, Inbox.SAFEGUARDING})
"""Those that belong to no agency."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One inbox; its id follows from what is here, so nobody has to ask for it.

    Args:
        agency_id: whose; None for those of officers, of whose kinds each has one.
    """

    inbox: Inbox
    agency_id: AgencyId | None

    @property
    def recipient_id(self) -> RecipientId:
        """The same for ever: event logs and clients' cursors point at it."""
        return _recipient_id(self.inbox, self.agency_id)


@lru_cache(maxsize=8192)
def _recipient_id(inbox: Inbox, agency_id: AgencyId | None) -> RecipientId:
    """Kept, because a busy inbox is asked for in every batch and a hash costs more than all the rest."""
    if agency_id is None:
        return officers_inbox(inbox)
    return agency_inbox(agency_id) if inbox is Inbox.AGENCY else desk_inbox(agency_id)


@dataclass(frozen=True, slots=True)
class InboxMarks:
    """How far an inbox has come; all three are 0 while nothing has ever been delivered.

    Args:
        last_sequence: the newest delivery.
        acknowledged_sequence: what a client has said it has.
        forgotten_sequence: everything up to here was deleted because of its age.
    """

    last_sequence: int = 0
    acknowledged_sequence: int = 0
    forgotten_sequence: int = 0
