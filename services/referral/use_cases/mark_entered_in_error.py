"""Staff of the sender mark a referral that should never have been."""

from dataclasses import dataclass
from uuid import UUID

from chassis.caller import Caller
from chassis.postgres import Transaction
from chassis.together import together
from kernel.ids import ReferralId
from services.referral.adapters.stores import Stores
from services.referral.domain.referral import Referral
from services.referral.use_cases.answer_offer import lock_as_sender_of
from services.referral.use_cases.places import give_back, hold_of, tidy_up


@dataclass(frozen=True, slots=True)
class MarkEnteredInError:
    request_id: UUID
    referral_id: ReferralId


async def mark_entered_in_error(
    command: MarkEnteredInError, caller: Caller, tx: Transaction, stores: Stores
) -> Referral:
    """Ends what the caller's agency sent by mistake; whoever was asked or holds it hears of it.

    Raises:
        ReferralNotFound: another agency sent it.
        IllegalTransition: it has ended already.
    """
    referral, offer, now = await lock_as_sender_of(tx, stores, command.referral_id, caller)
    hold = hold_of(referral, offer)
    referral.mark_entered_in_error(offer, now)
    async with together(tx) as step:
        if offer is not None:
            await stores.referrals.save_offer(step, offer)
        await stores.referrals.save(step, referral, command.request_id)
        await tidy_up(step, stores, [referral.referral_id])
        await give_back(step, stores, hold, offer, now)
    return referral
