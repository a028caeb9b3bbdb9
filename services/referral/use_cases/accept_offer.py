"""An agency takes a person up: at once, for an assessment, or confirming one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.caller import Caller
from chassis.postgres import Transaction
from chassis.together import together
from kernel import codes
from kernel.ids import OfferId
from services.referral.adapters.postgres_deadlines import DeadlineKind
from services.referral.adapters.stores import Stores
from services.referral.domain.referral import Referral
from services.referral.use_cases.answer_offer import lock_as_asked


@dataclass(frozen=True, slots=True)
class AcceptOffer:
    """`for_assessment`: meet the person first; without it afterwards, the same offer is confirmed."""

    request_id: UUID
    offer_id: OfferId
    for_assessment: bool


async def accept_offer(
    command: AcceptOffer, caller: Caller, tx: Transaction, stores: Stores
) -> tuple[Referral, datetime]:
    """Takes up an offered referral for the caller's agency; answers when it was accepted.

    The reserved place becomes an occupied one; a confirmation after an assessment changes no counter.

    Raises:
        OfferNotFound: no such offer, or the caller may not see it (told apart nowhere).
        OfferAlreadyAnswered: a colleague was first, or time ran out by the database's clock.
        IllegalTransition: a question to the sender is still open.
    """
    referral, offer, now = await lock_as_asked(tx, stores, command.offer_id, caller)
    was_open = offer.is_open
    purpose, needed_mask = await purpose_and_needs(tx, stores, referral)
    referral.accept(
        offer, now, for_assessment=command.for_assessment, purpose=purpose, needed_mask=needed_mask
    )
    async with together(tx) as step:
        await stores.referrals.save_offer(step, offer)
        await stores.referrals.save(step, referral, command.request_id)
        if was_open:
            await stores.capacity.accept(step, [offer.unit_id])
            kinds = (DeadlineKind.OFFER, DeadlineKind.PERSON_CLOCK)
            await stores.deadlines.drop(step, [referral.referral_id], kinds)
    return referral, now


async def purpose_and_needs(tx: Transaction, stores: Stores, referral: Referral) -> tuple[str, int]:
    """For what the service may see data, and which categories its type needs now: kept with the fact."""
    if referral.service_type is None:
        return "", 0
    masks = await stores.directory.needed_masks(tx, [referral.service_type])
    return codes.purpose_of(referral.service_type).code, masks[referral.service_type]
