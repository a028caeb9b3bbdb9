"""Whether a service that was asked once may be asked again for the same need."""

from datetime import datetime

from kernel import codes
from services.referral.domain.offer import Offer
from services.referral.domain.transitions import OfferState

_LISTS = {
    OfferState.DECLINED: "DECLINE",
    OfferState.RETURNED: "RETURN",
    OfferState.EXPIRED: "OFFER_ENDED",
    OfferState.REVOKED: "OFFER_ENDED",
}


def may_be_asked_again(offer: Offer, *, round_start_time: datetime) -> bool:
    """Never twice in one round; after a change only where the reason of the end allows it.

    Args:
        round_start_time: when the referral was last set going by a change or by the person's choice.
    """
    if offer.ended_time is None or offer.ended_time >= round_start_time:
        return False
    reasons = _LISTS.get(offer.state)
    if reasons is None or offer.reason is None:
        return offer.state is OfferState.WAITLISTED
    return codes.reason(reasons, offer.reason).retry_allowed
