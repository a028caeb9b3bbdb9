"""A service, an activity or an agency takes nobody any more: offers are revoked, waiters matched anew."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from chassis.postgres import Transaction
from services.referral.adapters.postgres_deadlines import Deadline
from services.referral.adapters.stores import Stores
from services.referral.domain.referral import Referral
from services.referral.domain.transitions import ReferralState
from services.referral.use_cases.find_provider import find_provider_soon
from services.referral.use_cases.places import Freeing, give_back_all
from services.referral.use_cases.revoke_offers import revoke_offers

AT_ONCE: Final = 100
SECOND_LOOK: Final = "SECOND_LOOK"
SECOND_LOOK_AFTER: Final = timedelta(seconds=10)
"""Longer than any transaction that puts offers."""


async def close_services_due(tx: Transaction, stores: Stores, rows: Sequence[Deadline]) -> list[Deadline]:
    """SERVICE_CLOSED rows. Answers the rows that must be looked at again."""
    again: list[Deadline] = []
    freeing: Freeing = []
    for row in rows:
        if row.service_id is None:
            continue
        asked = await stores.referrals.with_open_offer_to(tx, service_id=row.service_id)
        waiting = await stores.waitlist.waiters_of(tx, service_id=row.service_id)
        locked = await stores.referrals.lock_free(tx, [*asked, *waiting][:AT_ONCE])
        now = await tx.now()
        cause = row.detail or "SERVICE_SUSPENDED"
        await revoke_offers(tx, stores, list(locked.values()), cause, now, freeing, service_id=row.service_id)
        await _match_waiters_again(tx, stores, [locked[one] for one in waiting if one in locked], cause, now)
        if len(locked) < len({*asked, *waiting}):
            again.append(row)
    await give_back_all(tx, stores, freeing, await tx.now())
    return again


async def end_agreements_due(tx: Transaction, stores: Stores, rows: Sequence[Deadline]) -> list[Deadline]:
    """AGREEMENT_ENDS rows; one that was prolonged meanwhile has a later row.

    Looks twice: an offer that was matched just before the end may be committed just after the first look.
    """
    again: list[Deadline] = []
    freeing: Freeing = []
    for row in {row.agency_id: row for row in rows if row.agency_id}.values():
        agency_id = row.agency_id
        if agency_id is None or await stores.agreements.is_in_force(tx, agency_id):
            continue
        asked = await stores.referrals.with_open_offer_to(tx, agency_id=agency_id)
        waiting = await stores.waitlist.waiters_of(tx, agency_id=agency_id)
        locked = await stores.referrals.lock_free(tx, [*asked, *waiting][:AT_ONCE])
        now = await tx.now()
        agencies = frozenset({agency_id})
        await revoke_offers(
            tx, stores, list(locked.values()), "AGREEMENT_ENDED", now, freeing, agency_ids=agencies
        )
        waiters = [locked[one] for one in waiting if one in locked]
        await _match_waiters_again(tx, stores, waiters, "DIRECTORY_CHANGED", now)
        if len(locked) < len({*asked, *waiting}):
            again.append(row)
        elif row.detail != SECOND_LOOK:
            second = replace(row, due_time=now + SECOND_LOOK_AFTER, detail=SECOND_LOOK)
            await stores.deadlines.add(tx, [second])
    await give_back_all(tx, stores, freeing, await tx.now())
    return again


async def close_units_due(tx: Transaction, stores: Stores, rows: Sequence[Deadline]) -> list[Deadline]:
    """UNIT_CLOSED rows: an activity is over; one that was prolonged meanwhile has a later row.

    A service that has got activities closes too, as a unit: nobody waits for it any more, but whoever was
    asked there still may answer. Looks twice, as above.
    """
    again: list[Deadline] = []
    freeing: Freeing = []
    for row in {row.unit_id: row for row in rows if row.unit_id}.values():
        unit = await stores.capacity.read(tx, row.unit_id) if row.unit_id else None
        if unit is None or unit.is_current:
            continue
        is_activity = unit.places.activity_id is not None
        asked = await stores.referrals.with_open_offer_to(tx, unit_id=row.unit_id) if is_activity else []
        waiting = await stores.waitlist.waiters_of(tx, unit_id=row.unit_id)
        locked = await stores.referrals.lock_free(tx, [*asked, *waiting][:AT_ONCE])
        now = await tx.now()
        if is_activity:
            await revoke_offers(
                tx, stores, list(locked.values()), "ACTIVITY_OVER", now, freeing, unit_id=row.unit_id
            )
        waiters = [locked[one] for one in waiting if one in locked]
        await _match_waiters_again(tx, stores, waiters, "DIRECTORY_CHANGED", now)
        if len(locked) < len({*asked, *waiting}):
            again.append(row)
        elif row.detail != SECOND_LOOK:
            second = replace(row, due_time=now + SECOND_LOOK_AFTER, detail=SECOND_LOOK)
            await stores.deadlines.add(tx, [second])
    await give_back_all(tx, stores, freeing, await tx.now())
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
