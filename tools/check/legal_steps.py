"""The legal paths of a referral and of an offer as facts tell them: written again, from the design's list.

A fact says where a referral stands after it. `MATCHING` may be passed through without a fact of its own: it
is where every referral begins, and where it goes when an offer ends or something changes.
"""

from collections.abc import Mapping
from typing import Final

START: Final = "MATCHING"

_LOOKED_FOR: Final = frozenset({"MATCHING", "AWAITING_PERSON", "WAITLISTED", "UNMATCHED"})
_HELD: Final = frozenset({"ACCEPTED_FOR_ASSESSMENT", "ACCEPTED", "IN_SERVICE"})
_LIVING: Final = _LOOKED_FOR | _HELD | {"OFFERED"}

REFERRAL_STATES_AFTER: Final[Mapping[str, str]] = {
    "ReferralAwaitingPerson": "AWAITING_PERSON",
    "ReferralOffered": "OFFERED",
    "ReferralWaitlisted": "WAITLISTED",
    "ReferralUnmatched": "UNMATCHED",
    "ReferralRematched": "MATCHING",
    "ReferralReturned": "MATCHING",
    "OfferDeclined": "MATCHING",
    "OfferExpired": "MATCHING",
    "OfferRevoked": "MATCHING",
    "OfferWaitlisted": "WAITLISTED",
    "ServiceStarted": "IN_SERVICE",
    "ReferralCompleted": "COMPLETED",
    "ReferralNotCompleted": "NOT_COMPLETED",
    "ReferralWithdrawn": "WITHDRAWN",
    "ReferralCancelled": "CANCELLED",
    "ReferralEnteredInError": "ENTERED_IN_ERROR",
}
"""ReferralAccepted is told apart by `for_assessment`; every other fact moves no referral."""

REFERRAL_STATES_BEFORE: Final[Mapping[str, frozenset[str]]] = {
    "ReferralAwaitingPerson": frozenset(
        {"MATCHING", "AWAITING_PERSON", "OFFERED", "WAITLISTED", "UNMATCHED"}
    ),
    "ReferralOffered": _LOOKED_FOR,
    "ReferralWaitlisted": _LOOKED_FOR,
    "ReferralUnmatched": frozenset({"MATCHING", "WAITLISTED", "UNMATCHED"}),
    "ReferralRematched": _LOOKED_FOR,
    "ReferralAccepted": frozenset({"OFFERED"}),
    "ReferralAccepted confirming": frozenset({"ACCEPTED_FOR_ASSESSMENT"}),
    "ReferralReturned": _HELD,
    "OfferDeclined": frozenset({"OFFERED"}),
    "OfferExpired": frozenset({"OFFERED"}),
    "OfferRevoked": frozenset({"OFFERED"}),
    "OfferWaitlisted": frozenset({"OFFERED"}),
    "ServiceStarted": frozenset({"ACCEPTED"}),
    "ReferralCompleted": frozenset({"IN_SERVICE"}),
    "ReferralNotCompleted": frozenset({"ACCEPTED", "IN_SERVICE"}),
    "ReferralWithdrawn": _LIVING,
    "ReferralCancelled": _LIVING - {"IN_SERVICE"},
    "ReferralEnteredInError": _LIVING,
}

FINAL: Final = frozenset({"COMPLETED", "NOT_COMPLETED", "WITHDRAWN", "CANCELLED", "ENTERED_IN_ERROR"})

OFFER_STATES: Final[Mapping[str, tuple[frozenset[str], str]]] = {
    "OfferDeclined": (frozenset({"SENT", "NEEDS_INFORMATION"}), "DECLINED"),
    "OfferExpired": (frozenset({"SENT", "NEEDS_INFORMATION"}), "EXPIRED"),
    "OfferRevoked": (frozenset({"SENT", "NEEDS_INFORMATION"}), "REVOKED"),
    "OfferWaitlisted": (frozenset({"SENT"}), "WAITLISTED"),
    "InformationRequested": (frozenset({"SENT"}), "NEEDS_INFORMATION"),
    "InformationProvided": (frozenset({"NEEDS_INFORMATION"}), "SENT"),
    "ReferralReturned": (frozenset({"ACCEPTED", "ACCEPTED_FOR_ASSESSMENT"}), "RETURNED"),
}
"""Where an offer may stand before a fact, and where it stands after it."""
