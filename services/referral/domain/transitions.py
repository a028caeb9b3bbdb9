"""The two state machines as data: which step may follow which. Whatever is not written here is refused."""

from collections.abc import Mapping
from enum import auto
from types import MappingProxyType

from kernel.codes import Code
from kernel.errors import RuleBroken


class ReferralState(Code):
    """Where a referral stands."""

    MATCHING = auto()
    OFFERED = auto()
    AWAITING_PERSON = auto()
    WAITLISTED = auto()
    UNMATCHED = auto()
    ACCEPTED_FOR_ASSESSMENT = auto()
    ACCEPTED = auto()
    IN_SERVICE = auto()
    COMPLETED = auto()
    NOT_COMPLETED = auto()
    WITHDRAWN = auto()
    CANCELLED = auto()
    ENTERED_IN_ERROR = auto()


class OfferState(Code):
    """Where an offer stands. Delivered and acknowledged are times on it, not states."""

    SENT = auto()
    NEEDS_INFORMATION = auto()
    ACCEPTED_FOR_ASSESSMENT = auto()
    ACCEPTED = auto()
    WAITLISTED = auto()
    DECLINED = auto()
    EXPIRED = auto()
    REVOKED = auto()
    RETURNED = auto()


class IllegalTransition(RuleBroken):
    """The state machine has no such step."""

    reason = "ILLEGAL_TRANSITION"


_R = ReferralState
_O = OfferState

_ENDED_BY_ANYBODY = frozenset({_R.WITHDRAWN, _R.CANCELLED, _R.ENTERED_IN_ERROR})

REFERRAL_STEPS: Mapping[ReferralState, frozenset[ReferralState]] = MappingProxyType(
    {
        _R.MATCHING: _ENDED_BY_ANYBODY | {_R.OFFERED, _R.WAITLISTED, _R.UNMATCHED, _R.AWAITING_PERSON},
        _R.AWAITING_PERSON: _ENDED_BY_ANYBODY | {_R.MATCHING, _R.OFFERED, _R.WAITLISTED},
        _R.OFFERED: _ENDED_BY_ANYBODY
        | {_R.ACCEPTED_FOR_ASSESSMENT, _R.ACCEPTED, _R.WAITLISTED, _R.MATCHING, _R.AWAITING_PERSON},
        _R.WAITLISTED: _ENDED_BY_ANYBODY | {_R.MATCHING},
        _R.UNMATCHED: _ENDED_BY_ANYBODY | {_R.MATCHING},
        _R.ACCEPTED_FOR_ASSESSMENT: _ENDED_BY_ANYBODY | {_R.ACCEPTED, _R.MATCHING},
        _R.ACCEPTED: _ENDED_BY_ANYBODY | {_R.IN_SERVICE, _R.NOT_COMPLETED, _R.MATCHING},
        _R.IN_SERVICE: frozenset(
            {_R.COMPLETED, _R.NOT_COMPLETED, _R.MATCHING, _R.WITHDRAWN, _R.ENTERED_IN_ERROR}
        ),
        _R.COMPLETED: frozenset(),
        _R.NOT_COMPLETED: frozenset(),
        _R.WITHDRAWN: frozenset(),
        _R.CANCELLED: frozenset(),
        _R.ENTERED_IN_ERROR: frozenset(),
    }
)

OFFER_STEPS: Mapping[OfferState, frozenset[OfferState]] = MappingProxyType(
    {
        _O.SENT: frozenset(
            {
                _O.ACCEPTED,
                _O.ACCEPTED_FOR_ASSESSMENT,
                _O.WAITLISTED,
                _O.DECLINED,
                _O.EXPIRED,
                _O.REVOKED,
                _O.NEEDS_INFORMATION,
            }
        ),
        _O.NEEDS_INFORMATION: frozenset({_O.SENT, _O.DECLINED, _O.REVOKED, _O.EXPIRED}),
        _O.ACCEPTED_FOR_ASSESSMENT: frozenset({_O.ACCEPTED, _O.RETURNED}),
        _O.ACCEPTED: frozenset({_O.RETURNED}),
        _O.WAITLISTED: frozenset(),
        _O.DECLINED: frozenset(),
        _O.EXPIRED: frozenset(),
        _O.REVOKED: frozenset(),
        _O.RETURNED: frozenset(),
    }
)

FINAL_REFERRAL_STATES = frozenset(state for state, steps in REFERRAL_STEPS.items() if not steps)
HELD_STATES = frozenset({_R.ACCEPTED_FOR_ASSESSMENT, _R.ACCEPTED, _R.IN_SERVICE})
"""An agency has taken it up: a place is occupied."""
OFFERLESS_STATES = frozenset({_R.MATCHING, _R.WAITLISTED, _R.AWAITING_PERSON, _R.UNMATCHED})
"""No offer is open or taken up: the current one must have ended before."""
OPEN_OFFER_STATES = frozenset({_O.SENT, _O.NEEDS_INFORMATION})
"""The agency may still answer: a place is reserved."""
TAKEN_UP_OFFER_STATES = frozenset({_O.ACCEPTED_FOR_ASSESSMENT, _O.ACCEPTED})


def check_referral_step(current: ReferralState, following: ReferralState) -> None:
    """Lets a legal step pass.

    Raises:
        IllegalTransition: the table does not have it; nothing was changed.
    """
    if following not in REFERRAL_STEPS[current]:
        raise IllegalTransition(
            f"A referral that is {current} cannot become {following}.",
            referral_state=current,
            asked_state=following,
        )


def check_offer_step(current: OfferState, following: OfferState) -> None:
    """Lets a legal step pass.

    Raises:
        IllegalTransition: the table does not have it; nothing was changed.
    """
    if following not in OFFER_STEPS[current]:
        raise IllegalTransition(
            f"An offer that is {current} cannot become {following}.",
            offer_state=current,
            asked_state=following,
        )
