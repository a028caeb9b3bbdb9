"""Somebody was told by telephone, and answered: intake says that a hand-over was recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, ReferralId
from services.referral.adapters.postgres_deadlines import DeadlineKind
from services.referral.adapters.stores import Stores
from services.referral.domain.offer import Offer
from services.referral.domain.referral import Referral
from services.referral.use_cases.accept_offer import purpose_and_needs
from services.referral.use_cases.find_provider import find_provider_soon
from services.referral.use_cases.places import Freeing, Hold


@dataclass(frozen=True, slots=True)
class Handover:
    """HandoverRecorded, as far as it matters here: which agency was told, and whether it takes the person."""

    event_id: UUID
    referral_id: ReferralId
    agency_id: AgencyId
    is_taken: bool


async def follow_handovers(
    tx: Transaction,
    stores: Stores,
    handovers: Sequence[Handover],
    locked: Mapping[ReferralId, Referral],
    now: datetime,
    freeing: Freeing,
) -> None:
    """Ends the open offers of these referrals by what was answered; where no offer is open nothing changes.

    Args:
        freeing: gets the places; the caller gives them back (`give_back_all`).
    """
    for handover in handovers:
        referral = locked.get(handover.referral_id)
        if referral is None:
            continue
        offer = (await stores.referrals.lock_current_offers(tx, [referral])).get(referral.referral_id)
        if offer is not None and offer.is_open:
            await _follow(tx, stores, handover, referral, offer, now, freeing)


async def _follow(
    tx: Transaction,
    stores: Stores,
    handover: Handover,
    referral: Referral,
    offer: Offer,
    now: datetime,
    freeing: Freeing,
) -> None:
    was_asked = offer.agency_id == handover.agency_id
    if not was_asked and not handover.is_taken:
        return
    ended = [DeadlineKind.OFFER]
    if was_asked and handover.is_taken:
        purpose, needed_mask = await purpose_and_needs(tx, stores, referral)
        referral.take_by_phone(offer, now, purpose=purpose, needed_mask=needed_mask)
        await stores.capacity.accept(tx, [offer.unit_id])
        ended.append(DeadlineKind.PERSON_CLOCK)
    elif was_asked:
        referral.revoke(offer, "HANDOVER_REFUSED", now)
        referral.match_again("HANDOVER_REFUSED", now)
        freeing.append((Hold.RESERVED, offer))
    else:
        # somebody else has the person: whether that one gets the referral, the sender's desk says
        referral.revoke(offer, "HANDED_OVER", now)
        referral.await_person("TAKEN_BY_PHONE")
        freeing.append((Hold.RESERVED, offer))
    await stores.referrals.save_offers(tx, [offer])
    await stores.referrals.save_all(tx, [referral], handover.event_id)
    await stores.deadlines.drop(tx, [referral.referral_id], ended)
    if was_asked and not handover.is_taken:
        await find_provider_soon(tx, stores, [referral.referral_id], now)
