"""Where a referral and its offers stand, by their events alone: what was told must be what is stored."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from services.referral.domain import referral_events as told
from services.referral.domain.transitions import OfferState, ReferralState


@dataclass(slots=True)
class Standing:
    """A referral begins in MATCHING; nobody is told of that, for intake has told of the need."""

    referral: ReferralState = ReferralState.MATCHING
    offers: dict[UUID, OfferState] = field(default_factory=dict)


_REFERRAL_AFTER: dict[type, ReferralState] = {
    told.ReferralAwaitingPerson: ReferralState.AWAITING_PERSON,
    told.ReferralOffered: ReferralState.OFFERED,
    told.ReferralWaitlisted: ReferralState.WAITLISTED,
    told.ReferralUnmatched: ReferralState.UNMATCHED,
    told.ReferralRematched: ReferralState.MATCHING,
    told.ReferralReturned: ReferralState.MATCHING,
    told.ServiceStarted: ReferralState.IN_SERVICE,
    told.ReferralCompleted: ReferralState.COMPLETED,
    told.ReferralNotCompleted: ReferralState.NOT_COMPLETED,
    told.ReferralWithdrawn: ReferralState.WITHDRAWN,
    told.ReferralCancelled: ReferralState.CANCELLED,
    told.ReferralEnteredInError: ReferralState.ENTERED_IN_ERROR,
    told.OfferDeclined: ReferralState.MATCHING,
    told.OfferExpired: ReferralState.MATCHING,
    told.OfferRevoked: ReferralState.MATCHING,
}
"""An offer that ends without a place leaves its referral in MATCHING until the next fact says more."""

_OFFER_AFTER: dict[type, OfferState] = {
    told.ReferralOffered: OfferState.SENT,
    told.ReferralReturned: OfferState.RETURNED,
    told.OfferDeclined: OfferState.DECLINED,
    told.OfferExpired: OfferState.EXPIRED,
    told.OfferRevoked: OfferState.REVOKED,
    told.OfferWaitlisted: OfferState.WAITLISTED,
    told.InformationRequested: OfferState.NEEDS_INFORMATION,
    told.InformationProvided: OfferState.SENT,
}


def replay(facts: Iterable[told.ReferralFact]) -> Standing:
    """Folds the facts of one referral, in the order in which they were told."""
    standing = Standing()
    for fact in facts:
        if isinstance(fact, told.ReferralAccepted):
            is_assessed = fact.for_assessment
            standing.referral = ReferralState["ACCEPTED_FOR_ASSESSMENT" if is_assessed else "ACCEPTED"]
            standing.offers[fact.offer_id] = OfferState[
                "ACCEPTED_FOR_ASSESSMENT" if is_assessed else "ACCEPTED"
            ]
            continue
        standing.referral = _REFERRAL_AFTER.get(type(fact), standing.referral)
        offer_id = getattr(fact, "offer_id", None)
        after = _OFFER_AFTER.get(type(fact))
        if after is not None and offer_id is not None:
            standing.offers[offer_id] = after
    return standing
