"""A service or an agency takes nobody any more: open offers are revoked, waiters matched again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from chassis.postgres import Transaction
from kernel.ids import AgencyId, ReferralId
from services.referral.adapters.postgres_deadlines import Deadline
from services.referral.adapters.stores import Stores
from services.referral.domain.referral import Referral
from services.referral.domain.transitions import ReferralState
from services.referral.use_cases.find_provider import find_provider_soon
from services.referral.use_cases.revoke_offers import revoke_offers

AT_ONCE: Final = 100


async def close_services_due(tx: Transaction, stores: Stores, rows: Sequence[Deadline]) -> list[Deadline]:
    """SERVICE_CLOSED rows. Answers the rows that must be looked at again."""
    again: list[Deadline] = []
    for row in rows:
        if row.service_id is None:
            continue
        asked = await stores.referrals.with_open_offer_to(tx, service_id=row.service_id)
        waiting = await stores.waitlist.waiters_of_service(tx, row.service_id)
        referral_ids = [*asked, *waiting]
        locked = await stores.referrals.lock_free(tx, referral_ids[:AT_ONCE])
        now = await tx.now()
        cause = row.detail or "SERVICE_SUSPENDED"
        await revoke_offers(tx, stores, list(locked.values()), cause, now, service_id=row.service_id)
        await _match_waiters_again(tx, stores, [locked[one] for one in waiting if one in locked], cause, now)
        if len(locked) < len(set(referral_ids)):
            again.append(row)
    return again


async def end_agreements_due(tx: Transaction, stores: Stores, rows: Sequence[Deadline]) -> list[Deadline]:
    """AGREEMENT_ENDS rows; one that was prolonged meanwhile has a later row."""
    again: list[Deadline] = []
    for agency_id in {row.agency_id for row in rows if row.agency_id}:
        if not await stores.agreements.has_ended(tx, agency_id):
            continue
        asked = await stores.referrals.with_open_offer_to(tx, agency_id=agency_id)
        waiting = await stores.waitlist.waiters_of_agency(tx, agency_id)
        referral_ids: list[ReferralId] = [*asked, *waiting]
        locked = await stores.referrals.lock_free(tx, referral_ids[:AT_ONCE])
        now = await tx.now()
        agencies: frozenset[AgencyId] = frozenset({agency_id})
        await revoke_offers(tx, stores, list(locked.values()), "AGREEMENT_ENDED", now, agency_ids=agencies)
        waiters = [locked[one] for one in waiting if one in locked]
        await _match_waiters_again(tx, stores, waiters, "DIRECTORY_CHANGED", now)
        if len(locked) < len(set(referral_ids)):
            again.extend(row for row in rows if row.agency_id == agency_id)
    return again


async def _match_waiters_again(
    tx: Transaction, stores: Stores, waiters: Sequence[Referral], cause: str, now: datetime
) -> None:
    """Back to MATCHING at once; what they wait for elsewhere is decided anew."""
    still = [one for one in waiters if one.state is ReferralState.WAITLISTED]
    if not still:
        return
    for referral in still:
        referral.match_again(cause, now)
    await stores.referrals.save_all(tx, still)
    ids = [one.referral_id for one in still]
    await stores.waitlist.remove(tx, ids)
    await find_provider_soon(tx, stores, ids, now)
