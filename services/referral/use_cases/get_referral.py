"""Shows a referral as the caller may see it now. Reads only; the read itself goes on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chassis.access_records import AccessRecord
from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.ids import ReferralId
from services.referral.adapters.postgres_notes import Note
from services.referral.adapters.stores import Stores
from services.referral.domain.profile import Profile
from services.referral.domain.referral import Referral
from services.referral.domain.sight_of_referral import ReferralSight, sight_of
from services.referral.domain.transitions import ReferralState
from services.referral.use_cases.answer_offer import referral_not_found

METHOD: Final = "/kem.referral.v1.ReferralService/GetReferral"


@dataclass(frozen=True, slots=True)
class SeenReferral:
    """What is shown: the blind card comes from `profile`, and only from those of its fields that a card has.

    Args:
        notes: sealed words that the caller may read; open them outside the transaction.
    """

    referral: Referral
    sight: ReferralSight
    profile: Profile | None
    waiting_position: int | None
    notes: tuple[Note, ...] = ()


async def get_referral(
    referral_id: ReferralId, caller: Caller, tx: Transaction, stores: Stores
) -> SeenReferral:
    """The referral for its sender, for the agency that is asked, or for its holder.

    Raises:
        ReferralNotFound: no such referral, or none for this caller (told apart nowhere).
    """
    seen = await see_referrals(tx, stores, [referral_id], caller)
    if not seen:
        raise referral_not_found()
    one = seen[0]
    offer_ids = {offer.offer_id for offer in one.sight.offers}
    notes = [note for note in await stores.notes.of_referral(tx, referral_id) if note.offer_id in offer_ids]
    tx.record_access(AccessRecord("referral", METHOD, [referral_id]))
    return SeenReferral(one.referral, one.sight, one.profile, one.waiting_position, tuple(notes))


async def see_referrals(
    tx: Transaction, stores: Stores, referral_ids: Sequence[ReferralId], caller: Caller
) -> list[SeenReferral]:
    """Those of the referrals that the caller may see, in the order of the ids; a few statements for all."""
    referrals = await stores.referrals.read_all(tx, referral_ids)
    ids = [one.referral_id for one in referrals]
    offers = await stores.referrals.offers_of(tx, ids)
    profiles = await stores.matches.profiles(tx, ids)
    waiting = [one.referral_id for one in referrals if one.state is ReferralState.WAITLISTED]
    positions = await stores.waitlist.positions(tx, waiting) if waiting else {}
    seen = []
    for referral in referrals:
        sight = sight_of(referral, offers.get(referral.referral_id, ()), caller.agency_id)
        if sight is not None:
            seen.append(
                SeenReferral(
                    referral,
                    sight,
                    profiles.get(referral.referral_id),
                    positions.get(referral.referral_id) if sight.is_sender else None,
                )
            )
    return seen
