"""The holder reports that the service is done, with its outcome."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.caller import Caller
from chassis.postgres import Transaction
from chassis.together import together
from kernel import codes
from kernel.ids import ReferralId
from services.referral.adapters.stores import Stores
from services.referral.domain.referral import Referral
from services.referral.use_cases.answer_offer import lock_as_holder
from services.referral.use_cases.places import Hold, give_back, tidy_up
from services.referral.use_cases.reported_times import checked_happened_time


@dataclass(frozen=True, slots=True)
class CompleteReferral:
    """`outcome` and `confirmed_by`: codes of OUTCOME and OUTCOME_CONFIRMED_BY; `happened_time` None: now."""

    request_id: UUID
    referral_id: ReferralId
    outcome: str
    confirmed_by: str
    happened_time: datetime | None


async def complete_referral(
    command: CompleteReferral, caller: Caller, tx: Transaction, stores: Stores
) -> Referral:
    """Ends a service that has begun and frees its place.

    Raises:
        ReferralNotFound: the caller's agency does not hold it.
        IllegalTransition: the service has not begun, or it has ended already.
        Invalid: an unknown code, or a time in the future or before the begin.
    """
    referral, offer, now = await lock_as_holder(tx, stores, command.referral_id, caller)
    codes.reason("OUTCOME", command.outcome)
    codes.reason("OUTCOME_CONFIRMED_BY", command.confirmed_by)
    begin = referral.started_time or referral.recorded_time
    happened = checked_happened_time(command.happened_time, now, begin)
    referral.complete(offer, command.outcome, command.confirmed_by, happened)
    async with together(tx) as step:
        await stores.referrals.save(step, referral, command.request_id)
        await tidy_up(step, stores, [referral.referral_id])
        await give_back(step, stores, Hold.OCCUPIED, offer, now)
    return referral
