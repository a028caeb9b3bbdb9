"""Putting an offer: whom, until when, and how long the agency is let wait before somebody reminds it."""

from datetime import datetime

from kernel.ids import OfferId, random_id
from services.referral.domain.clocks import Clock, Reminder, ReminderStage, reminders, window_end
from services.referral.domain.next_step import Place
from services.referral.domain.offer import Offer
from services.referral.domain.referral import Referral


def new_offer(referral: Referral, place: Place, clock: Clock, now: datetime) -> Offer:
    """An offer for a place that is reserved, not yet put."""
    return Offer(
        offer_id=OfferId(random_id()),
        referral_id=referral.referral_id,
        agency_id=place.agency_id,
        sender_agency_id=referral.sender_agency_id,
        service_id=place.service_id,
        activity_id=place.activity_id,
        unit_id=place.unit_id,
        service_version=place.service_version,
        number=referral.offers_made + 1,
        urgency=referral.urgency,
        offered_time=now,
        window_start_time=now,
        respond_by_time=window_end(now, clock, referral.running_person_due_time),
    )


def next_reminder(offer: Offer, clock: Clock, after: ReminderStage | None) -> Reminder | None:
    """The first reminder of the running window behind `after`; None where only the end is left."""
    planned = reminders(offer.window_start_time, offer.respond_by_time, clock)
    stages = [reminder.stage for reminder in planned]
    if after is not None and after not in stages:
        return None
    return next(iter(planned[0 if after is None else stages.index(after) + 1 :]), None)
