"""What must have been tried before the holder may say that a person could not be reached."""

from datetime import datetime

from chassis.postgres import Transaction
from kernel import codes
from services.referral.adapters.stores import Stores
from services.referral.domain.giving_up import check_tried, says_given_up
from services.referral.domain.offer import Offer


async def check_given_up(
    tx: Transaction, stores: Stores, reason: codes.Reason, offer: Offer, now: datetime
) -> None:
    """Passes for every other reason. Attempts count from when the holder took the referral up.

    Raises:
        ContactAttemptsMissing, PlaceHeld: as `check_tried` says.
    """
    if not says_given_up(reason):
        return
    attempts = await stores.contact_attempts.of_referral(tx, offer.referral_id)
    check_tried(attempts, offer.answered_time or offer.offered_time, now)
