"""What every answer to an offer begins with: finding it for this caller, and locking in the agreed order."""

from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.ids import OfferId, ReferralId
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
) -> tuple[Referral, Offer]:
    """Locks referral and offer for the agency that was asked.

    Raises:
        OfferNotFound: as above.
    """
    referral, offer = await _lock(tx, stores, offer_id)
    if offer.agency_id != caller.agency_id:
        raise offer_not_found()
    return referral, offer


async def lock_as_sender(
    tx: Transaction, stores: Stores, offer_id: OfferId, caller: Caller
) -> tuple[Referral, Offer]:
    """Locks referral and offer for the agency that sent it.

    Raises:
        OfferNotFound: as above.
    """
    referral, offer = await _lock(tx, stores, offer_id)
    if offer.sender_agency_id != caller.agency_id:
        raise offer_not_found()
    return referral, offer


async def lock_as_holder(
    tx: Transaction, stores: Stores, referral_id: ReferralId, caller: Caller
) -> tuple[Referral, Offer]:
    """Locks a referral and the offer by which the caller's agency holds it, or held it to the end.

    Raises:
        ReferralNotFound: no such referral, or the caller's agency does not hold it.
    """
    referral = await stores.referrals.lock(tx, referral_id)
    if referral is None or caller.agency_id is None or referral.holder_agency_id != caller.agency_id:
        raise referral_not_found()
    offer = (await stores.referrals.lock_current_offers(tx, [referral])).get(referral_id)
    if offer is None:
        raise referral_not_found()
    return referral, offer


async def lock_as_sender_of(
    tx: Transaction, stores: Stores, referral_id: ReferralId, caller: Caller
) -> tuple[Referral, Offer | None]:
    """Locks a referral that the caller's agency sent, and its offer that is open or taken up.

    Raises:
        ReferralNotFound: no such referral, or another agency sent it.
    """
    referral = await stores.referrals.lock(tx, referral_id)
    if referral is None or caller.agency_id is None or referral.sender_agency_id != caller.agency_id:
        raise referral_not_found()
    offers = await stores.referrals.lock_current_offers(tx, [referral])
    return referral, offers.get(referral_id)


async def _lock(tx: Transaction, stores: Stores, offer_id: OfferId) -> tuple[Referral, Offer]:
    found = await stores.referrals.find_offer(tx, offer_id)
    referral = await stores.referrals.lock(tx, found.referral_id) if found else None
    if referral is None:
        raise offer_not_found()
    return referral, await stores.referrals.lock_offer(tx, offer_id)


def offer_not_found() -> OfferNotFound:
    return OfferNotFound("There is no such offer for your agency.")


def referral_not_found() -> ReferralNotFound:
    return ReferralNotFound("There is no such referral for your agency.")
