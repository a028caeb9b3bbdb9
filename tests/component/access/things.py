"""What a request can name, and the states in which its answer may differ."""

from enum import StrEnum, auto
from typing import Final


class Thing(StrEnum):
    """A kind of thing with ids of its own."""

    NOTHING = auto()
    """The request names nothing that is anybody's; what is answered is the caller's own, or everybody's."""
    CASE = auto()
    """A referral with its last offer."""
    PERSON = auto()
    PAIR = auto()
    """Two records, that may be of one person."""
    NEED = auto()
    APPOINTMENT = auto()
    CONSENT = auto()
    REVIEW = auto()
    """Something given without consent that is to be reviewed."""
    EMERGENCY_ACCESS = auto()
    COMPELLED_REQUEST = auto()
    RIGHTS_REQUEST = auto()
    CERTIFICATE = auto()
    COMPLAINT = auto()
    RECALL = auto()
    RETENTION_HOLD = auto()
    SERVICE = auto()
    ACCOUNT = auto()


STATES: Final[dict[Thing, tuple[str, ...]]] = {
    Thing.NOTHING: ("",),
    Thing.CASE: (
        "AWAITING_PERSON",
        "SENT",
        "QUESTION",
        "DECLINED",
        "EXPIRED",
        "RETURNED",
        "ASSESSED",
        "ACCEPTED",
        "IN_SERVICE",
        "COMPLETED",
        "NOT_COMPLETED",
        "WITHDRAWN",
        "CANCELLED",
        "IN_ERROR",
        "WAITLISTED",
    ),
    Thing.PERSON: ("LIVE", "RESTRICTED", "FROZEN", "ERASED"),
    Thing.PAIR: ("APART", "MERGED"),
    Thing.NEED: ("OPEN", "WITHDRAWN"),
    Thing.APPOINTMENT: ("BOOKED", "CANCELLED", "ATTENDED"),
    Thing.CONSENT: ("IN_FORCE", "ENDED"),
    Thing.REVIEW: ("OPEN", "REVIEWED"),
    Thing.EMERGENCY_ACCESS: ("ASKED", "ALLOWED", "REFUSED"),
    Thing.COMPELLED_REQUEST: ("OPEN", "ALLOWED", "REFUSED"),
    Thing.RIGHTS_REQUEST: ("TO_SEE", "BY_PARENT", "TO_ERASE", "EXTENDED", "ANSWERED", "RESTRICTED"),
    Thing.CERTIFICATE: ("ISSUED",),
    Thing.COMPLAINT: ("OPEN", "ANSWERED"),
    Thing.RECALL: ("OPEN", "ANSWERED"),
    Thing.RETENTION_HOLD: ("STANDS", "LIFTED"),
    Thing.SERVICE: ("OFFERED", "SUSPENDED"),
    Thing.ACCOUNT: ("OPEN", "LOCKED", "CLOSED"),
}
"""What was answered, has ended or is erased is none the less somebody's: a stranger must not see it either.

The last offer of a case has ended in DECLINED to RETURNED and in WITHDRAWN to WAITLISTED; EXPIRED is what
nobody answered in time. WAITLISTED stands last: a place that somebody gives back is offered to who waits.
"""
