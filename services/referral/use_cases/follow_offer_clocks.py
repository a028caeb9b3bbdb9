"""Reminders of open offers, and offers that nobody answered in time."""

from collections.abc import Sequence

from chassis.postgres import Transaction
from kernel.ids import OfferId, ReferralId
from services.referral.adapters.postgres_deadlines import END, Deadline
from services.referral.adapters.stores import Stores
from services.referral.domain.clocks import ReminderStage, ResponsePolicy
from services.referral.domain.offer import Offer
from services.referral.domain.referral import Referral
from services.referral.domain.transitions import OfferState, ReferralState
from services.referral.use_cases.find_provider import find_provider_soon, still_held
from services.referral.use_cases.offer_clock import end_deadline, reminder_deadline, stage_due
from services.referral.use_cases.places import Hold, give_back_all


async def follow_offer_clocks(
    tx: Transaction, stores: Stores, rows: Sequence[Deadline], policy: ResponsePolicy
) -> list[Deadline]:
    """OFFER rows. Answers those whose referral somebody holds just now: an answer may be under way."""
    referrals = await stores.referrals.lock_free(tx, {row.referral_id for row in rows if row.referral_id})
    offers = await stores.referrals.lock_current_offers(tx, referrals.values())
    now = await tx.now()
    ended: list[ReferralId] = []
    released: list[Offer] = []
    further: list[Deadline] = []
    seen: set[OfferId] = set()
    for row in rows:
        referral = referrals.get(row.referral_id) if row.referral_id else None
        offer = offers.get(referral.referral_id) if referral else None
        if referral is None or offer is None or offer.offer_id != row.offer_id or not offer.is_open:
            continue
        if now >= offer.respond_by_time:
            if offer.offer_id not in seen:
                referral.expire(offer, now)
                released.append(offer)
                if referral.state is ReferralState.MATCHING:
                    ended.append(referral.referral_id)
        elif row.detail == END:
            further.append(end_deadline(offer))
            continue
        else:
            further += _remind(referral, offer, row, policy)
        seen.add(offer.offer_id)
    touched = [one for one in offers.values() if one.offer_id in seen]
    await stores.referrals.save_offers(tx, touched)
    await stores.referrals.save_all(tx, [referrals[one.referral_id] for one in touched])
    await stores.deadlines.add(tx, further)
    await find_provider_soon(tx, stores, ended, now)
    await give_back_all(tx, stores, [(Hold.RESERVED, offer) for offer in released], now)
    return await still_held(tx, stores, rows, set(referrals))


def _remind(referral: Referral, offer: Offer, row: Deadline, policy: ResponsePolicy) -> list[Deadline]:
    """Reminds where the row belongs to the window that runs now, and plans the next reminder."""
    stage = stage_due(offer, row.detail)
    if stage is None or offer.state is not OfferState.SENT:
        return []
    if stage is not ReminderStage.UNACKNOWLEDGED:
        referral.remind(offer, stage)
    elif offer.acknowledged_time is None:
        referral.tell_unacknowledged(offer)
    return reminder_deadline(offer, policy.clocks[referral.urgency], stage)
