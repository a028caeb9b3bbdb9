"""The sender answers an agency's question; the agency's clock goes on with what was left."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.caller import Caller
from chassis.postgres import Transaction
from chassis.together import together
from kernel.ids import OfferId
from services.referral.adapters.postgres_deadlines import DeadlineKind
from services.referral.adapters.postgres_notes import NoteKind
from services.referral.adapters.stores import Stores
from services.referral.domain.clocks import window_resumed
from services.referral.use_cases.answer_offer import lock_as_sender
from services.referral.use_cases.offer_clock import offer_deadlines


@dataclass(frozen=True, slots=True)
class ProvideInformation:
    """`sealed` is the answer under the person's key."""

    request_id: UUID
    offer_id: OfferId
    sealed: bytes


async def provide_information(
    command: ProvideInformation, caller: Caller, tx: Transaction, stores: Stores
) -> datetime:
    """Lets the offer's window run on; answers its new end.

    Raises:
        OfferNotFound: no such offer, or another agency sent its referral.
        OfferAlreadyAnswered: it has ended meanwhile.
        IllegalTransition: nothing was asked, or it was answered already.
    """
    referral, offer, now = await lock_as_sender(tx, stores, command.offer_id, caller)
    policy = await stores.policies.in_force(tx, now)
    clock = policy.clocks[referral.urgency]
    until = window_resumed(now, clock, offer.remaining_seconds or 0, referral.running_person_due_time)
    referral.inform(offer, until, now)
    async with together(tx) as step:
        await stores.referrals.save_offer(step, offer)
        await stores.referrals.save(step, referral, command.request_id)
        await stores.notes.add(step, offer, NoteKind.ANSWER, command.sealed, now)
        await stores.deadlines.drop(step, [referral.referral_id], [DeadlineKind.OFFER])
        await stores.deadlines.add(step, offer_deadlines(offer, clock))
    return until
