"""The holder reports that the service has begun."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.caller import Caller
from chassis.postgres import Transaction
from chassis.together import together
from kernel.ids import ReferralId
from services.referral.adapters.stores import Stores
from services.referral.domain.referral import Referral
from services.referral.use_cases.answer_offer import lock_as_holder
from services.referral.use_cases.reported_times import checked_happened_time


@dataclass(frozen=True, slots=True)
class StartService:
    """`happened_time`: None means now."""

    request_id: UUID
    referral_id: ReferralId
    happened_time: datetime | None


async def start_service(command: StartService, caller: Caller, tx: Transaction, stores: Stores) -> Referral:
    """Marks the begin; how long people wait for a begin is what matching learns from.

    Raises:
        ReferralNotFound: the caller's agency does not hold it.
        IllegalTransition: it is not accepted, or has begun already.
        Invalid: the time lies in the future or before the need was recorded.
    """
    referral, offer, now = await lock_as_holder(tx, stores, command.referral_id, caller)
    happened = checked_happened_time(command.happened_time, now, referral.recorded_time)
    referral.start(offer, happened)
    async with together(tx) as step:
        await stores.referrals.save(step, referral, command.request_id)
        if referral.service_type is not None:
            waited = (happened - referral.recorded_time).total_seconds()
            await stores.service_starts.note(step, offer.service_id, referral.service_type, waited)
    return referral
