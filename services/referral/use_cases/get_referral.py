"""Shows a referral as the caller may see it now. Reads only; the read itself goes on record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from chassis.access_records import AccessRecord
from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.codes import Urgency
from kernel.ids import ActivityId, ReferralId, ServiceId
from services.referral.adapters.postgres_notes import Note, NoteKind
from services.referral.adapters.postgres_reads import OfferedActivity
from services.referral.adapters.profile_format import profile_from
from services.referral.adapters.stores import Stores
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
        has_notes: whether there are words, which the caller may read or not.
        notes: sealed words that the caller may read, and no others; open them outside the transaction.
        phone_to_call: for the sender, while nobody has opened an emergency offer.
        activities: those of the offers of which the caller may know.
    """

    referral: Referral
    sight: ReferralSight
    profile: Profile | None
    waiting_place: WaitingPlace | None
    has_notes: bool = False
    notes: tuple[Note, ...] = ()
    phone_to_call: str = ""
    activities: Mapping[ActivityId, OfferedActivity] = field(default_factory=dict)


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
    written = await stores.notes.of_referral(tx, referral_id) if one.has_notes else ()
    notes = tuple(note for note in written if _may_read(note, one))
    tx.record_access(AccessRecord("referral", METHOD, [referral_id]))
    return replace(one, notes=notes)


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
    found = await stores.reads.whole(tx, referral_ids, viewer)
    waiting = [one.referral.referral_id for one in found if one.referral.state is ReferralState.WAITLISTED]
    places = await stores.waitlist.places(tx, waiting) if waiting else {}
    seen = []
    for one in found:
        unlisted = frozenset() if viewer.is_named_staff else one.unlisted
        sight = sight_of(one.referral, one.offers, viewer, unlisted)
        if sight is not None:
            seen.append(
                SeenReferral(
                    one.referral,
                    sight,
                    profile_from(one.profile) if sight.reads_content and one.profile is not None else None,
                    places.get(one.referral.referral_id) if sight.is_sender else None,
                    has_notes=one.has_notes,
                )
            )
    wanted = {one for each in seen for one in _activity_ids(each)}
    activities = await stores.reads.activities(tx, wanted, viewer)
    unopened = [one for each in seen for one in _unopened(each)]
    # last: from here on the transaction sees the whole directory
    asked = await stores.directory.candidates_by_id(tx, unopened) if unopened else {}
    return [
        replace(
            each,
            activities={one: activities[one] for one in _activity_ids(each) if one in activities},
            phone_to_call=next((asked[one].duty_phone for one in _unopened(each) if one in asked), ""),
        )
        for each in seen
    ]


def _unopened(seen: SeenReferral) -> list[ServiceId]:
    """Which services of an emergency its sender has to call: nobody there has opened the offer."""
    sight = seen.sight
    if not sight.is_sender or seen.referral.urgency is not Urgency.EMERGENCY:
        return []
    return [
        one.service_id
        for one in sight.offers
        if one.is_open and one.acknowledged_time is None and one not in sight.unnamed
    ]


def _activity_ids(seen: SeenReferral) -> set[ActivityId]:
    named = (offer for offer in seen.sight.offers if offer not in seen.sight.unnamed)
    return {offer.activity_id for offer in named if offer.activity_id is not None}
