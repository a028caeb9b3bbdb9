"""An agency's client said which deliveries it has: offers among them get their delivered time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import OfferId, RecipientId, agency_inbox
from services.referral.adapters.stores import Stores


@dataclass(frozen=True, slots=True)
class Delivered:
    """A run of deliveries that a recipient has acknowledged, and when."""

    recipient_id: RecipientId
    offer_ids: tuple[OfferId, ...]
    delivered_time: datetime


async def delivered_offers(
    tx: Transaction, stores: Stores, runs: Iterable[Delivered]
) -> tuple[dict[OfferId, datetime], set[UUID]]:
    """The first delivery of each offer to the agency that was asked, and the referrals to lock for it.

    A sender's desk that hears of an offer is not a delivery of it.
    """
    first: dict[tuple[OfferId, RecipientId], datetime] = {}
    for run in runs:
        for offer_id in run.offer_ids:
            key = offer_id, run.recipient_id
            first[key] = min(run.delivered_time, first.get(key, run.delivered_time))
    times: dict[OfferId, datetime] = {}
    referral_ids: set[UUID] = set()
    for row in await stores.referrals.asked_by(tx, {offer_id for offer_id, _ in first}):
        time = first.get((OfferId(row["offer_id"]), agency_inbox(row["agency_id"])))
        if time is not None:
            times[OfferId(row["offer_id"])] = time
            referral_ids.add(row["referral_id"])
    return times, referral_ids


async def note_deliveries(tx: Transaction, stores: Stores, times: Mapping[OfferId, datetime]) -> None:
    """Writes the times; the offers' referrals are locked."""
    if times:
        await stores.referrals.mark_delivered(tx, times)
