"""Referrals as messages: exactly what the caller may see, and nothing besides."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from kem.common.v1.common_pb2 import Urgency as UrgencyMessage
from kem.directory.v1 import directory_pb2 as directory
from kem.referral.v1 import referral_pb2 as referral
from kernel.errors import Invalid
from kernel.ids import OfferId
from services.referral.adapters.postgres_notes import Note
from services.referral.adapters.postgres_reads import OfferedActivity
from services.referral.domain.offer import Offer
from services.referral.domain.place_aloud import place_sentence
from services.referral.domain.profile import Profile
from services.referral.domain.sight_of_referral import (
    shown_closing_reason,
    shown_offer_reason,
)
from services.referral.domain.transitions import ReferralState
from services.referral.domain.waitlist import WaitingPlace
from services.referral.use_cases.get_referral import SeenReferral


def state_number(state: ReferralState) -> "referral.ReferralState.ValueType":
    return referral.ReferralState.Value(f"REFERRAL_STATE_{state}")


def asked_date(text: str) -> date | None:
    """Raises Invalid (DATE_INVALID) for a day that no calendar has."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("There is no such day.", reason="DATE_INVALID") from None


def referral_message(seen: SeenReferral, texts: Mapping[Note, str] | None = None) -> referral.Referral:
    """A referral in the caller's sight.

    Args:
        texts: the notes that were opened; None leaves notes out altogether.
    """
    one, sight = seen.referral, seen.sight
    notes = _by_offer(seen.notes) if texts is not None else {}
    message = referral.Referral(
        referral_id=str(one.referral_id),
        state=state_number(one.state),
        card=_card(seen.profile) if seen.profile is not None else None,
        offers=[
            _offer_message(offer, seen, notes.get(offer.offer_id, ()), texts or {}) for offer in sight.offers
        ],
        version=one.change_number,
        outcome=one.outcome or "",
        outcome_confirmed_by=one.outcome_confirmed_by or "",
        reason=shown_closing_reason(one, sight.viewer),
    )
    for shown, offer in zip(message.offers, sight.offers, strict=True):
        shown.duty_phone = seen.phone_to_call if offer.is_open else ""
    if sight.is_sender:
        message.sender_agency_id = str(one.sender_agency_id)
        message.need_id = str(one.need_id)
        if seen.waiting_place is not None:
            message.waiting_position = seen.waiting_place.position
            message.waiting_place.CopyFrom(_place_message(seen.waiting_place))
        if one.continues_referral_id is not None:
            message.continues_referral_id = str(one.continues_referral_id)
    if one.holder_agency_id is not None and sight.names_holder(one):
        message.holder_agency_id = str(one.holder_agency_id)
    _set_instant(message.recorded_time, one.recorded_time)
    _set_instant(message.started_time, one.started_time)
    _set_instant(message.closed_time, one.closed_time)
    if not one.is_final:
        _set_instant(message.person_due_time, one.running_person_due_time)
    return message


def _card(profile: Profile) -> referral.BlindCard:
    """Enough to decide, not enough to know who: nothing else of the profile ever leaves."""
    return referral.BlindCard(
        service_type=profile.service_type,
        urgency=UrgencyMessage.Value(f"URGENCY_{profile.urgency}"),
        district=profile.district or "",
        languages=profile.languages,
        interpreter_needed=profile.interpreter_needed,
        age_band=profile.age_band or "",
        sex=profile.sex or "",
        household_band=profile.household_band or "",
        step_free_access_needed=profile.step_free_access_needed,
    )


def _place_message(place: WaitingPlace) -> referral.WaitingPlace:
    sentence = place_sentence(place)
    message = referral.WaitingPlace(
        position=place.position,
        waiting=place.waiting,
        urgency=UrgencyMessage.Value(f"URGENCY_{place.urgency}"),
        priority_group=place.priority_group,
        more_urgent=place.more_urgent,
        earlier_group=place.earlier_group,
        waiting_longer=place.waiting_longer,
        text_el=sentence.el,
        text_en=sentence.en,
    )
    _set_instant(message.since_time, place.since_time)
    return message


def _offer_message(
    offer: Offer, seen: SeenReferral, notes: Sequence[Note], texts: Mapping[Note, str]
) -> referral.Offer:
    sight = seen.sight
    message = referral.Offer(
        offer_id=str(offer.offer_id),
        referral_id=str(offer.referral_id),
        state=referral.OfferState.Value(f"OFFER_STATE_{offer.state}"),
        reason=shown_offer_reason(offer, sight.viewer),
        estimated_date=offer.estimated_date.isoformat() if offer.estimated_date else "",
        notes=[_note_message(note, texts.get(note, "")) for note in notes],
    )
    if offer not in sight.unnamed:
        message.agency_id, message.service_id = str(offer.agency_id), str(offer.service_id)
        if offer.activity_id is not None:
            message.activity_id = str(offer.activity_id)
            activity = seen.activities.get(offer.activity_id)
            if activity is not None:
                message.activity.CopyFrom(_activity_message(activity))
    _set_instant(message.offered_time, offer.offered_time)
    _set_instant(message.respond_by_time, offer.respond_by_time if offer.is_open else None)
    _set_instant(message.delivered_time, offer.delivered_time)
    _set_instant(message.acknowledged_time, offer.acknowledged_time)
    _set_instant(message.ended_time, offer.ended_time)
    return message


def _activity_message(activity: OfferedActivity) -> referral.OfferedActivity:
    message = referral.OfferedActivity(name=directory.BilingualText(el=activity.name_el, en=activity.name_en))
    _set_instant(message.start_time, activity.start_time)
    _set_instant(message.end_time, activity.end_time)
    return message


def _note_message(note: Note, text: str) -> referral.OfferNote:
    message = referral.OfferNote(kind=note.kind.value, text=text)
    _set_instant(message.written_time, note.written_time)
    return message


def _by_offer(notes: Sequence[Note]) -> dict[OfferId, list[Note]]:
    found: dict[OfferId, list[Note]] = {}
    for note in notes:
        found.setdefault(note.offer_id, []).append(note)
    return found


def _set_instant(stamp: Any, instant: datetime | None) -> None:
    if instant is not None:
        stamp.FromDatetime(instant)
