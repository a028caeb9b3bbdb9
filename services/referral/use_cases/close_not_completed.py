"""The holder reports that it ended before it was done."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.caller import Caller
from chassis.postgres import Transaction
from chassis.together import together
from kernel.ids import ReferralId
from services.referral.adapters.postgres_notes import NoteKind
from services.referral.adapters.stores import Stores
from services.referral.domain.offer import check_reason
from services.referral.domain.referral import Referral
from services.referral.use_cases.answer_offer import lock_as_holder
from services.referral.use_cases.give_up import check_given_up
from services.referral.use_cases.places import Hold, give_back, tidy_up
from services.referral.use_cases.reported_times import checked_happened_time


@dataclass(frozen=True, slots=True)
class CloseNotCompleted:
    """`sealed` is `text` under the person's key; None where there is none. `happened_time` None: now."""

    request_id: UUID
    referral_id: ReferralId
    reason: str
    happened_time: datetime | None
    text: str
    sealed: bytes | None


async def close_not_completed(
    command: CloseNotCompleted, caller: Caller, tx: Transaction, stores: Stores
) -> Referral:
    """Closes what was accepted or has begun, with a reason, and frees its place.

    Raises:
        ReferralNotFound: the caller's agency does not hold it.
        IllegalTransition: it is only being assessed (return it instead), or has ended already.
        ContactAttemptsMissing, PlaceHeld: the reason says that the person could not be reached, as
            `check_given_up` says.
        Invalid: an unknown reason, words missing, or a time in the future or before the begin.
    """
    referral, offer, now = await lock_as_holder(tx, stores, command.referral_id, caller)
    reason = check_reason("NOT_COMPLETED", command.reason, command.text)
    await check_given_up(tx, stores, reason, offer, now)
    begin = referral.started_time or referral.recorded_time
    happened = checked_happened_time(command.happened_time, now, begin)
    referral.close_not_completed(offer, command.reason, happened)
    async with together(tx) as step:
        await stores.referrals.save(step, referral, command.request_id)
        await stores.notes.add(step, offer, NoteKind.NOT_COMPLETED, command.sealed, now)
        await tidy_up(step, stores, [referral.referral_id])
        await give_back(step, stores, Hold.OCCUPIED, offer, now)
    return referral
