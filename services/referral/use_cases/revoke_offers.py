"""Takes open offers back: the service takes nobody, the agreement ended, or consent is gone."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, ServiceId, UnitId
from services.referral.adapters.postgres_deadlines import DeadlineKind
from services.referral.adapters.stores import Stores
from services.referral.domain.offer import Offer
from services.referral.domain.referral import Referral
from services.referral.use_cases.find_provider import find_provider_soon
from services.referral.use_cases.places import Freeing, Hold

_REMATCH_CAUSES = {
    "SERVICE_SUSPENDED": "SERVICE_SUSPENDED",
    "AGREEMENT_ENDED": "DIRECTORY_CHANGED",
    "ACTIVITY_OVER": "DIRECTORY_CHANGED",
    # that it was consent would tell something about the person
    "CONSENT_WITHDRAWN": "PROFILE_CHANGED",
}


async def revoke_offers(
    tx: Transaction,
    stores: Stores,
    referrals: Collection[Referral],
    cause: str,
    now: datetime,
    freeing: Freeing,
    *,
    service_id: ServiceId | None = None,
    unit_id: UnitId | None = None,
    agency_ids: Collection[AgencyId] | None = None,
    causation_id: UUID | None = None,
) -> None:
    """Revokes the open offers of locked referrals and lets the next provider be sought.

    Args:
        cause: a code of OFFER_ENDED.
        freeing: gets the places; the caller gives them back (`give_back_all`).
        service_id: only offers to this service.
        unit_id: only offers of places of this unit.
        agency_ids: only offers to these agencies.
    """
    offers = await stores.referrals.lock_current_offers(tx, referrals)
    revoked: list[tuple[Referral, Offer]] = []
    for referral in referrals:
        offer = offers.get(referral.referral_id)
        if offer is None or not offer.is_open:
            continue
        if service_id is not None and offer.service_id != service_id:
            continue
        if unit_id is not None and offer.unit_id != unit_id:
            continue
        if agency_ids is not None and offer.agency_id not in agency_ids:
            continue
        referral.revoke(offer, cause, now)
        referral.match_again(_REMATCH_CAUSES[cause], now)
        revoked.append((referral, offer))
    ids = [referral.referral_id for referral, _ in revoked]
    if ids:
        await stores.referrals.save_offers(tx, [offer for _, offer in revoked])
        await stores.referrals.save_all(tx, [referral for referral, _ in revoked], causation_id)
        await find_provider_soon(tx, stores, ids, now)
        await stores.deadlines.drop(tx, ids, [DeadlineKind.OFFER])
        freeing += [(Hold.RESERVED, offer) for _, offer in revoked]
