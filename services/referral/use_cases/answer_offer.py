"""What every answer to an offer begins with: finding it for this caller, and locking in the agreed order."""

from datetime import datetime

from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.ids import OfferId, ReferralId
from services.referral.adapters.postgres_referrals import Locked
from services.referral.adapters.stores import Stores
from services.referral.domain.offer import Offer, OfferNotFound
from services.referral.domain.referral import Referral, ReferralNotFound


async def find_referral_of(tx: Transaction, stores: Stores, offer_id: OfferId, caller: Caller) -> ReferralId:
    """The referral of an offer that the caller's agency was asked, or that it sent; takes no lock.

    Raises:
        OfferNotFound: no such offer, or the caller may not see it (told apart nowhere).
    """
    found = await stores.referrals.find_offer(tx, offer_id)
    if found is None or caller.agency_id not in (found.agency_id, found.sender_agency_id):
        raise offer_not_found()
    return found.referral_id


async def check_was_asked(tx: Transaction, stores: Stores, referral_id: ReferralId, caller: Caller) -> None:
    """Passes where the caller's agency was ever asked about the referral; takes no lock.

    Enough to have words sealed, also when a request is repeated after its effect.

    Raises:
        ReferralNotFound: it never was.
    """
    offers = await stores.referrals.offers_of(tx, [referral_id])
    if all(offer.agency_id != caller.agency_id for offer in offers.get(referral_id, ())):
        raise referral_not_found()


async def lock_as_asked(
    tx: Transaction, stores: Stores, offer_id: OfferId, caller: Caller
) -> tuple[Referral, Offer, datetime]:
    """Locks referral and offer for the agency that was asked, and reads the clock then.

    Raises:
        OfferNotFound: as above.
    """
    referral, offer, now = await _lock(tx, stores, offer_id)
    if offer.agency_id != caller.agency_id:
        raise offer_not_found()
    return referral, offer, now


async def lock_as_sender(
    tx: Transaction, stores: Stores, offer_id: OfferId, caller: Caller
) -> tuple[Referral, Offer, datetime]:
    """Locks referral and offer for the agency that sent it, and reads the clock then.

    Raises:
        OfferNotFound: as above.
    """
    referral, offer, now = await _lock(tx, stores, offer_id)
    if offer.sender_agency_id != caller.agency_id:
        raise offer_not_found()
    return referral, offer, now


async def lock_as_holder(
    tx: Transaction, stores: Stores, referral_id: ReferralId, caller: Caller
) -> tuple[Referral, Offer, datetime]:
    """Locks a referral and the offer by which the caller's agency holds it, or held it to the end.

    Raises:
        ReferralNotFound: no such referral, or the caller's agency does not hold it.
    """
    locked = await stores.referrals.lock_with_offer(tx, referral_id)
    if locked is None or caller.agency_id is None or locked.referral.holder_agency_id != caller.agency_id:
        raise referral_not_found()
    if locked.offer is None:
        raise referral_not_found()
    return locked.referral, locked.offer, locked.now


async def lock_as_sender_of(
    tx: Transaction, stores: Stores, referral_id: ReferralId, caller: Caller
) -> Locked:
    """Locks a referral that the caller's agency sent, and its offer that is open or taken up.

    Raises:
        ReferralNotFound: no such referral, or another agency sent it.
    """
    locked = await stores.referrals.lock_with_offer(tx, referral_id)
    if locked is None or caller.agency_id is None or locked.referral.sender_agency_id != caller.agency_id:
        raise referral_not_found()
    return locked


async def _lock(tx: Transaction, stores: Stores, offer_id: OfferId) -> tuple[Referral, Offer, datetime]:
    locked = await stores.referrals.lock_by_offer(tx, offer_id)
    if locked is None or locked.offer is None:
        raise offer_not_found()
    return locked.referral, locked.offer, locked.now


def offer_not_found() -> OfferNotFound:
    return OfferNotFound("There is no such offer for your agency.")


def referral_not_found() -> ReferralNotFound:
    return ReferralNotFound("There is no such referral for your agency.")
