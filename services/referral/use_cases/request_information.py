"""An agency asks the sender a question; its own clock stands still, never the person's."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from chassis.caller import Caller
from chassis.postgres import Transaction
from chassis.together import together
from kernel.ids import OfferId
from services.referral.adapters.postgres_deadlines import DeadlineKind
from services.referral.adapters.postgres_notes import NoteKind
from services.referral.adapters.stores import Stores
from services.referral.domain.clocks import seconds_left
from services.referral.use_cases.answer_offer import lock_as_asked
from services.referral.use_cases.offer_clock import end_deadline


@dataclass(frozen=True, slots=True)
class RequestInformation:
    """`sealed` is the question under the person's key."""

    request_id: UUID
    offer_id: OfferId
    sealed: bytes


async def request_information(
    command: RequestInformation, caller: Caller, tx: Transaction, stores: Stores
) -> int:
    """Stops the offer's window; answers the seconds that are left of it once the question is answered.

    The offer then ends with the person's clock. Where that no longer runs, a whole clock's length is given.

    Raises:
        OfferNotFound: no such offer, or the caller may not see it (told apart nowhere).
        OfferAlreadyAnswered: it has ended.
        IllegalTransition: a question is open already.
    """
    referral, offer, now = await lock_as_asked(tx, stores, command.offer_id, caller)
    policy = await stores.policies.in_force(tx, now)
    clock = policy.clocks[referral.urgency]
    until = referral.running_person_due_time
    if until is None or until <= now:
        until = now + timedelta(seconds=clock.person_clock_seconds)
    left = seconds_left(now, offer.respond_by_time, clock)
    referral.ask(offer, left, until, now)
    async with together(tx) as step:
        await stores.referrals.save_offer(step, offer)
        await stores.referrals.save(step, referral, command.request_id)
        await stores.notes.add(step, offer, NoteKind.QUESTION, command.sealed, now)
        await stores.deadlines.drop(step, [referral.referral_id], [DeadlineKind.OFFER])
        await stores.deadlines.add(step, [end_deadline(offer)])
    return left
