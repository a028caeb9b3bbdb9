"""An agency says no, with a reason; the next is sought."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.caller import Caller
from chassis.postgres import Transaction
from chassis.together import together
from kernel.ids import OfferId
from services.referral.adapters.postgres_notes import NoteKind
from services.referral.adapters.stores import Stores
from services.referral.domain.directory_events import CapacityQuestioned
from services.referral.domain.offer import Offer, check_decline_reason
from services.referral.domain.referral import Referral
from services.referral.use_cases.answer_offer import lock_as_asked
from services.referral.use_cases.find_provider import find_provider_soon
from services.referral.use_cases.places import Hold, give_back

NO_CAPACITY = "NO_CAPACITY"


@dataclass(frozen=True, slots=True)
class DeclineOffer:
    """`text` is what the agency wrote; `sealed` the same under the person's key, None where there is none."""

    request_id: UUID
    offer_id: OfferId
    reason: str
    text: str
    sealed: bytes | None


async def decline_offer(command: DeclineOffer, caller: Caller, tx: Transaction, stores: Stores) -> Referral:
    """Declines for the caller's agency and gives the place back.

    Raises:
        OfferNotFound: no such offer, or the caller may not see it (told apart nowhere).
        OfferAlreadyAnswered: a colleague was first, or time ran out.
        Invalid: a reason that is not of the list, words missing or not taken.
        QuestionFirst: lack of information is a reason only after a question.
    """
    referral, offer, now = await lock_as_asked(tx, stores, command.offer_id, caller)
    offer.must_be_open(now)
    check_decline_reason(command.reason, command.text, offer)
    referral.decline(offer, command.reason, now, has_text=command.sealed is not None)
    is_full = command.reason == NO_CAPACITY
    async with together(tx) as step:
        await stores.referrals.save_offer(step, offer)
        await stores.referrals.save(step, referral, command.request_id)
        await stores.notes.add(step, offer, NoteKind.DECLINE, command.sealed, now)
        await give_back(step, stores, Hold.RESERVED, offer, now, wake=not is_full)
        await find_provider_soon(step, stores, [referral.referral_id], now)
    if is_full:
        await _note_full(tx, stores, referral, offer, now)
    return referral


async def _note_full(
    tx: Transaction, stores: Stores, referral: Referral, offer: Offer, now: datetime
) -> None:
    """The second such answer against declared free places asks the agency to declare anew."""
    version = await stores.capacity.observe_decline(tx, offer.unit_id, now)
    if version is not None and referral.service_type is not None:
        tx.publish(
            CapacityQuestioned(
                offer.agency_id, offer.service_id, referral.service_type, offer.unit_id, version
            )
        )
