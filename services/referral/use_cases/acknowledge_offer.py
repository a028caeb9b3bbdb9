"""A person of the agency has opened the card."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.caller import Caller
from chassis.postgres import Transaction
from chassis.together import together
from kernel.ids import OfferId
from services.referral.adapters.stores import Stores
from services.referral.use_cases.answer_offer import lock_as_asked


@dataclass(frozen=True, slots=True)
class AcknowledgeOffer:
    request_id: UUID
    offer_id: OfferId


async def acknowledge_offer(
    command: AcknowledgeOffer, caller: Caller, tx: Transaction, stores: Stores
) -> datetime:
    """Notes the first opening; answers when that was. Late is no error: it is a time, not a step.

    Raises:
        OfferNotFound: no such offer, or the caller may not see it (told apart nowhere).
    """
    referral, offer, now = await lock_as_asked(tx, stores, command.offer_id, caller)
    referral.acknowledge(offer, now)
    if referral.events:
        async with together(tx) as step:
            await stores.referrals.save_offer(step, offer)
            await stores.referrals.save(step, referral, command.request_id)
    return offer.acknowledged_time or now
