"""Giving places back when an offer or a referral ends, and tidying up behind a final state."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum, auto

from chassis.postgres import Transaction
from chassis.together import Writing
from kernel.ids import ReferralId
from services.referral.adapters.postgres_deadlines import DeadlineKind
from services.referral.adapters.stores import Stores
from services.referral.domain.offer import Offer
from services.referral.domain.referral import Referral


class Hold(Enum):
    """How an offer holds its place."""

    RESERVED = auto()
    OCCUPIED = auto()


Freed = Sequence[tuple[Hold | None, Offer]]
"""Offers whose place is given back, with how it was held."""
Freeing = list[tuple[Hold | None, Offer]]
"""The same while a transaction still collects them."""


def hold_of(referral: Referral, offer: Offer | None) -> Hold | None:
    """How the place is held now; ask before the step that ends it."""
    if offer is None:
        return None
    if offer.is_open:
        return Hold.RESERVED
    return Hold.OCCUPIED if offer.is_taken_up and referral.is_held else None


async def give_back(
    tx: Writing,
    stores: Stores,
    hold: Hold | None,
    offer: Offer | None,
    now: datetime,
    *,
    wake: bool = True,
) -> None:
    """Frees the place. Lock order: after the offer's row.

    Args:
        wake: False where the agency itself has just said that it has no place: then nobody who waits is
            sent there because of it.
    """
    if hold is None or offer is None:
        return
    if hold is Hold.RESERVED:
        await stores.capacity.release_reserved(tx, [offer.unit_id])
    else:
        await stores.capacity.release_occupied(tx, [offer.unit_id])
    if wake:
        await stores.deadlines.places_freed(tx, [offer.unit_id], now)


async def give_back_all(tx: Transaction, stores: Stores, freed: Freed, now: datetime) -> None:
    """Frees many places, each kind by one statement, and wakes who waits for them.

    Once in a transaction, for all that it frees: units are locked in one order only.
    """
    reserved = [offer.unit_id for hold, offer in freed if hold is Hold.RESERVED]
    occupied = [offer.unit_id for hold, offer in freed if hold is Hold.OCCUPIED]
    if reserved and occupied:
        await stores.capacity.lock_units(tx, [*reserved, *occupied])
    if reserved:
        await stores.capacity.release_reserved(tx, reserved)
    if occupied:
        await stores.capacity.release_occupied(tx, occupied)
    await stores.deadlines.places_freed(tx, [*reserved, *occupied], now)


async def tidy_up(tx: Writing, stores: Stores, referral_ids: list[ReferralId]) -> None:
    """Behind a final state: what matching knew is deleted, nobody waits, no clock runs."""
    if not referral_ids:
        return
    await stores.matches.forget_profiles(tx, referral_ids)
    await stores.waitlist.remove(tx, referral_ids)
    kinds = (DeadlineKind.OFFER, DeadlineKind.PERSON_CLOCK, DeadlineKind.FIND_PROVIDER)
    await stores.deadlines.drop(tx, referral_ids, kinds)
