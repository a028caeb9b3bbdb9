"""Shows a referral as the caller may see it now. Reads only; the read itself goes on record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from chassis.access_records import AccessRecord
from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.codes import Urgency
from kernel.ids import ReferralId, ServiceId
from services.referral.adapters.postgres_notes import Note, NoteKind
from services.referral.adapters.stores import Stores
from services.referral.domain.offer import Offer
from services.referral.domain.profile import Profile
from services.referral.domain.referral import Referral
from services.referral.domain.sight_of_referral import ReferralSight, is_hidden, sight_of
from services.referral.domain.transitions import ReferralState
from services.referral.domain.visibility import Viewer
from services.referral.domain.waitlist import WaitingPlace
from services.referral.use_cases.answer_offer import referral_not_found

METHOD: Final = "/kem.referral.v1.ReferralService/GetReferral"

_WITH_A_REASON: Final = frozenset({NoteKind.DECLINE, NoteKind.RETURN, NoteKind.NOT_COMPLETED})
"""Each named as the list that its reason is of."""


@dataclass(frozen=True, slots=True)
class SeenReferral:
    """What is shown: the blind card comes from `profile`, and only from those of its fields that a card has.

    Args:
        profile: None where the caller sees no card, or what was known is deleted.
        waiting_place: for the sender only, while the person waits.
        notes: sealed words that the caller may read, and no others; open them outside the transaction.
        phone_to_call: for the sender, while nobody has opened an emergency offer.
    """

    referral: Referral
    sight: ReferralSight
    profile: Profile | None
    waiting_place: WaitingPlace | None
    notes: tuple[Note, ...] = ()
    phone_to_call: str = ""


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
    notes = [note for note in await stores.notes.of_referral(tx, referral_id) if _may_read(note, one)]
    tx.record_access(AccessRecord("referral", METHOD, [referral_id]))
    return replace(one, notes=tuple(notes), phone_to_call=await _phone_to_call(tx, stores, one))


async def _phone_to_call(tx: Transaction, stores: Stores, seen: SeenReferral) -> str:
    """The duty phone of the service that is asked."""
    sight = seen.sight
    if not sight.is_sender or seen.referral.urgency is not Urgency.EMERGENCY:
        return ""
    unopened = [
        one.service_id
        for one in sight.offers
        if one.is_open and one.acknowledged_time is None and one not in sight.unnamed
    ]
    found = await stores.directory.candidates_by_id(tx, unopened) if unopened else {}
    return next((one.duty_phone for one in found.values()), "")


def _may_read(note: Note, seen: SeenReferral) -> bool:
    """Whoever may not know a reason does not read its words either."""
    offer = next((one for one in seen.sight.offers if one.offer_id == note.offer_id), None)
    if offer is None or not seen.sight.reads_content:
        return False
    if not seen.sight.is_sender or note.kind not in _WITH_A_REASON:
        return True
    reason = seen.referral.reason if note.kind is NoteKind.NOT_COMPLETED else offer.reason
    return reason is not None and not is_hidden(note.kind.value, reason, seen.sight.viewer.roles)


async def see_referrals(
    tx: Transaction, stores: Stores, referral_ids: Sequence[ReferralId], caller: Caller
) -> list[SeenReferral]:
    """Those of the referrals that the caller may see, in the order of the ids; a few statements for all."""
    viewer = Viewer(caller.agency_id, caller.roles)
    referrals = await stores.referrals.read_all(tx, referral_ids)
    ids = [one.referral_id for one in referrals]
    offers = await stores.referrals.offers_of(tx, ids)
    profiles = await stores.matches.profiles(tx, ids)
    waiting = [one.referral_id for one in referrals if one.state is ReferralState.WAITLISTED]
    places = await stores.waitlist.places(tx, waiting) if waiting else {}
    unlisted = await _unlisted(tx, stores, offers, viewer)
    seen = []
    for referral in referrals:
        sight = sight_of(referral, offers.get(referral.referral_id, ()), viewer, unlisted)
        if sight is not None:
            seen.append(
                SeenReferral(
                    referral,
                    sight,
                    profiles.get(referral.referral_id) if sight.reads_content else None,
                    places.get(referral.referral_id) if sight.is_sender else None,
                )
            )
    return seen


async def _unlisted(
    tx: Transaction, stores: Stores, offers: Mapping[ReferralId, Sequence[Offer]], viewer: Viewer
) -> frozenset[ServiceId]:
    """The services among the offers of which the viewer may not know by their listing."""
    asked = {offer.service_id for some in offers.values() for offer in some}
    if viewer.is_named_staff or not asked:
        return frozenset()
    return frozenset(asked - await stores.reads.listed_services(tx, asked, viewer))
