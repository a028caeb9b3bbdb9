"""Staff of the sender end a referral with a reason."""

from dataclasses import dataclass
from uuid import UUID

from chassis.caller import Caller
from chassis.postgres import Transaction
from chassis.together import together
from kernel import codes
from kernel.ids import ReferralId
from services.referral.adapters.stores import Stores
from services.referral.domain.referral import Referral
from services.referral.use_cases.answer_offer import lock_as_sender_of
from services.referral.use_cases.places import give_back, hold_of, tidy_up


@dataclass(frozen=True, slots=True)
class CancelReferral:
    """`reason`: a code of CANCEL; no words are taken."""

    request_id: UUID
    referral_id: ReferralId
    reason: str


async def cancel_referral(
    command: CancelReferral, caller: Caller, tx: Transaction, stores: Stores
) -> Referral:
    """Cancels what the caller's agency sent; an open offer is revoked, a place given back.

    Raises:
        ReferralNotFound: another agency sent it.
        IllegalTransition: the service has begun, or it has ended already.
        Invalid: an unknown reason.
    """
    referral, offer, now = await lock_as_sender_of(tx, stores, command.referral_id, caller)
    codes.reason("CANCEL", command.reason)
    hold = hold_of(referral, offer)
    referral.cancel(offer, command.reason, now)
    async with together(tx) as step:
        if offer is not None:
            await stores.referrals.save_offer(step, offer)
        await stores.referrals.save(step, referral, command.request_id)
        await tidy_up(step, stores, [referral.referral_id])
        await give_back(step, stores, hold, offer, now)
    return referral
