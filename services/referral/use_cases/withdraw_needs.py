"""The person no longer wants it: intake says that a need was withdrawn."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from services.referral.adapters.stores import Stores
from services.referral.domain.referral import Referral
from services.referral.use_cases.places import Freeing, hold_of, tidy_up


async def withdraw_referrals(
    tx: Transaction,
    stores: Stores,
    referrals: Iterable[Referral],
    causation_id: UUID | None,
    now: datetime,
    freeing: Freeing,
) -> None:
    """Ends locked referrals from whatever state they are in; those that are final stay as they are.

    Args:
        freeing: gets the places; the caller gives them back (`give_back_all`).
    """
    ending = [one for one in referrals if not one.is_final]
    if not ending:
        return
    offers = await stores.referrals.lock_current_offers(tx, ending)
    for referral in ending:
        offer = offers.get(referral.referral_id)
        if offer is not None:
            freeing.append((hold_of(referral, offer), offer))
        referral.withdraw(offer, now)
    await stores.referrals.save_offers(tx, list(offers.values()))
    await stores.referrals.save_all(tx, ending, causation_id)
    await tidy_up(tx, stores, [one.referral_id for one in ending])
