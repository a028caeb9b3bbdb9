"""Takes open offers back: the service takes nobody, the agreement ended, or consent is gone."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, ReferralId, ServiceId
from services.referral.adapters.postgres_deadlines import DeadlineKind
from services.referral.adapters.stores import Stores
from services.referral.domain.offer import Offer
from services.referral.domain.referral import Referral
from services.referral.use_cases.find_provider import find_provider_soon
from services.referral.use_cases.places import Hold, give_back_all

_REMATCH_CAUSES = {
    "SERVICE_SUSPENDED": "SERVICE_SUSPENDED",
    "AGREEMENT_ENDED": "DIRECTORY_CHANGED",
    # that it was consent would tell something about the person
    "CONSENT_WITHDRAWN": "PROFILE_CHANGED",
}


async def revoke_offers(
    tx: Transaction,
    stores: Stores,
    referrals: Collection[Referral],
    cause: str,
    now: datetime,
    *,
    service_id: ServiceId | None = None,
    agency_ids: Collection[AgencyId] | None = None,
    causation_id: UUID | None = None,
) -> list[ReferralId]:
    """Revokes the open offers of locked referrals and lets the next provider be sought.

    Args:
        cause: a code of OFFER_ENDED.
        service_id: only offers to this service.
        agency_ids: only offers to these agencies.

    Returns:
        The referrals whose offer was open and was revoked.
    """
    offers = await stores.referrals.lock_current_offers(tx, referrals)
    revoked: list[tuple[Referral, Offer]] = []
    for referral in referrals:
        offer = offers.get(referral.referral_id)
        if offer is None or not offer.is_open:
            continue
        if service_id is not None and offer.service_id != service_id:
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
        await give_back_all(tx, stores, [(Hold.RESERVED, offer) for _, offer in revoked], now)
    return ids
