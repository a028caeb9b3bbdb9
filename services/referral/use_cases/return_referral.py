"""The holder gives back what it took up; the next provider is sought."""

from dataclasses import dataclass
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
from services.referral.use_cases.find_provider import find_provider_soon
from services.referral.use_cases.give_up import check_given_up
from services.referral.use_cases.places import Hold, give_back

CAPACITY_LOST = "CAPACITY_LOST"


@dataclass(frozen=True, slots=True)
class ReturnReferral:
    """`sealed` is `text` under the person's key; None where there is none."""

    request_id: UUID
    referral_id: ReferralId
    reason: str
    text: str
    sealed: bytes | None


async def return_referral(
    command: ReturnReferral, caller: Caller, tx: Transaction, stores: Stores
) -> Referral:
    """Returns a referral that the caller's agency holds and frees its place.

    Raises:
        ReferralNotFound: the caller's agency does not hold it.
        IllegalTransition: it has ended already.
        ContactAttemptsMissing, PlaceHeld: the reason says that the person could not be reached, as
            `check_given_up` says.
        Invalid: a reason that is not of the list, words missing or not taken.
    """
    referral, offer, now = await lock_as_holder(tx, stores, command.referral_id, caller)
    reason = check_reason("RETURN", command.reason, command.text)
    await check_given_up(tx, stores, reason, offer, now)
    referral.give_back(offer, command.reason, now, has_text=command.sealed is not None)
    async with together(tx) as step:
        await stores.referrals.save_offer(step, offer)
        await stores.referrals.save(step, referral, command.request_id)
        await stores.notes.add(step, offer, NoteKind.RETURN, command.sealed, now)
        await give_back(step, stores, Hold.OCCUPIED, offer, now, wake=command.reason != CAPACITY_LOST)
        await find_provider_soon(step, stores, [referral.referral_id], now)
    return referral
