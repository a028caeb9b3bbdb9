"""An agency has no place now and puts the person on its waiting list; the person decides whether to wait."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from chassis.caller import Caller
from chassis.postgres import Transaction
from chassis.together import together
from kernel.codes import LAST_PRIORITY_GROUP
from kernel.errors import Invalid
from kernel.ids import OfferId
from services.referral.adapters.postgres_deadlines import Deadline, DeadlineKind
from services.referral.adapters.postgres_waitlist import Entry
from services.referral.adapters.stores import Stores
from services.referral.domain.calendar import ATHENS, morning_of
from services.referral.domain.referral import Referral
from services.referral.domain.waitlist import Waiting
from services.referral.use_cases.answer_offer import lock_as_asked
from services.referral.use_cases.places import Hold, give_back


@dataclass(frozen=True, slots=True)
class WaitlistOffer:
    """`estimated_date`: when a place may be free, in Athens; None where nobody knows."""

    request_id: UUID
    offer_id: OfferId
    estimated_date: date | None


async def waitlist_offer(
    command: WaitlistOffer, caller: Caller, tx: Transaction, stores: Stores
) -> tuple[Referral, int]:
    """Ends the offer, gives the reserved place back, and answers the person's position (1 is next).

    The entry sleeps: only a place that frees afterwards, a new declaration of capacity, or the estimated
    date brings the person their turn, for the agency has just said that it has no place.

    Raises:
        OfferNotFound: no such offer, or the caller may not see it (told apart nowhere).
        OfferAlreadyAnswered: a colleague was first, or time ran out.
        IllegalTransition: a question to the sender is still open.
        Invalid: the date lies in the past.
    """
    referral, offer, now = await lock_as_asked(tx, stores, command.offer_id, caller)
    estimated = command.estimated_date
    if estimated is not None and estimated < now.astimezone(ATHENS).date():
        raise Invalid("The estimated date lies in the past.", reason="DATE_IN_THE_PAST")
    profile = (await stores.matches.profiles(tx, [referral.referral_id])).get(referral.referral_id)
    referral.wait_with(offer, estimated, now)
    waiting = Waiting(
        referral.referral_id,
        offer.unit_id,
        referral.urgency,
        referral.recorded_time,
        profile.priority_group if profile else LAST_PRIORITY_GROUP,
        is_asleep=True,
    )
    async with together(tx) as step:
        await stores.referrals.save_offer(step, offer)
        await stores.referrals.save(step, referral, command.request_id)
        await stores.waitlist.add(step, [Entry(waiting, offer.service_id, offer.agency_id)])
        await give_back(step, stores, Hold.RESERVED, offer, now, wake=False)
        if estimated is not None:
            due = max(now, morning_of(estimated))
            await stores.deadlines.add(step, [Deadline(DeadlineKind.PLACE_FREED, due, unit_id=offer.unit_id)])
        await stores.deadlines.drop(step, [referral.referral_id], [DeadlineKind.OFFER])
    places = await stores.waitlist.places(tx, [referral.referral_id])
    return referral, places[referral.referral_id].position
