"""Between needs and profiles in the proto and in the domain."""

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from chassis.instants import optional_instant_from, timestamp
from kem.common.v1 import common_pb2
from kem.intake.v1 import beneficiary_pb2, eligibility_service_pb2, need_pb2
from kernel.errors import Invalid
from kernel.ids import BeneficiaryId, ReferralId
from kernel.vocabulary import Routing, StatusAnswer, Urgency
from services.intake.domain.eligibility import NeedProfile, NeedState
from services.intake.domain.need import Need, NewNeed, RecordedNeed
from services.intake.entrypoints.enums import by_number
from services.intake.entrypoints.translate_beneficiary import ORIGINS

_URGENCIES: Final = by_number(common_pb2.Urgency, "URGENCY_", Urgency)
_ROUTINGS: Final = by_number(need_pb2.Routing, "ROUTING_", Routing)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def new_need_from(message: need_pb2.NewNeed) -> NewNeed:
    """The need as told.

    Raises:
        Invalid: TIME_OUT_OF_RANGE.
    """
    continues = message.continues_referral_id
    return NewNeed(
        beneficiary_id=BeneficiaryId(UUID(message.beneficiary_id)),
        service_type=message.service_type,
        urgency=_URGENCIES[message.urgency],
        routing=_ROUTINGS[message.routing],
        origin=ORIGINS[message.origin],
        happened_time=optional_instant_from(message, "happened_time"),
        continues_referral_id=ReferralId(UUID(continues)) if continues else None,
        note=message.note,
    )


def recorded_need_message(ids: RecordedNeed) -> need_pb2.RecordedNeed:
    """The ids."""
    return need_pb2.RecordedNeed(need_id=str(ids.need_id), referral_id=str(ids.referral_id))


def need_message(need: Need) -> need_pb2.Need:
    """A need as staff of the sender see it; the note is not part of it."""
    return need_pb2.Need(
        need_id=str(need.need_id),
        referral_id=str(need.referral_id),
        service_type=need.service_type,
        urgency=common_pb2.Urgency.Value(f"URGENCY_{need.urgency}"),
        routing=need_pb2.Routing.Value(f"ROUTING_{need.routing}"),
        origin=beneficiary_pb2.Origin.Value(f"ORIGIN_{need.origin}"),
        beneficiary_id=str(need.beneficiary_id),
        happened_time=timestamp(need.happened_time),
        recorded_time=timestamp(need.recorded_time),
        withdrawn_time=timestamp(need.withdrawn_time) if need.withdrawn_time else None,
    )


def profile_message(profile: NeedProfile) -> eligibility_service_pb2.NeedProfile:
    """A profile; what does not stand has its ids and state only."""
    message = eligibility_service_pb2.NeedProfile(
        need_id=str(profile.need_id),
        referral_id=str(profile.referral_id) if profile.referral_id else "",
        state=eligibility_service_pb2.NeedProfile.State.Value(f"STATE_{profile.state}"),
    )
    if profile.state is not NeedState.ACTIVE or profile.urgency is None:
        return message
    message.service_type = profile.service_type
    message.urgency = common_pb2.Urgency.Value(f"URGENCY_{profile.urgency}")
    message.district = profile.district
    message.avoided_districts.extend(profile.avoided_districts)
    message.languages.extend(profile.languages)
    message.interpreter_needed = profile.interpreter_needed
    message.age_band = profile.age_band
    message.sex = profile.sex
    for family, answer in profile.status_answers.items():
        message.status_checks[family] = _status_check(answer)
    message.step_free_access_needed = profile.step_free_access_needed
    message.household_band = profile.household_band
    message.permitted_agency_ids.extend(str(agency_id) for agency_id in profile.permitted_agency_ids)
    message.profile_version = profile.profile_version
    message.consent_withdrawn = profile.consent_withdrawn
    message.priority_group = profile.priority_group
    message.proof_months.update(profile.proof_months)
    return message


def page_token(place: tuple[datetime, UUID] | None) -> str:
    """Where a page ended: time and need, as text that clients give back unread."""
    if place is None:
        return ""
    microseconds = (place[0] - _EPOCH) // timedelta(microseconds=1)
    raw = microseconds.to_bytes(8, "big", signed=True) + place[1].bytes
    return base64.urlsafe_b64encode(raw).decode()


def place_from(token: str) -> tuple[datetime, UUID] | None:
    """Raises Invalid, PAGE_TOKEN_INVALID, for a text that no page ended with."""
    if not token:
        return None
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii"))
        microseconds = int.from_bytes(raw[:8], "big", signed=True)
        return _EPOCH + timedelta(microseconds=microseconds), UUID(bytes=raw[8:])
    except (ValueError, OverflowError, binascii.Error):
        raise Invalid("This page token is not one of ours.", reason="PAGE_TOKEN_INVALID") from None


def _status_check(answer: StatusAnswer) -> eligibility_service_pb2.StatusCheck.ValueType:
    return eligibility_service_pb2.StatusCheck.Value(f"STATUS_CHECK_{answer}")
