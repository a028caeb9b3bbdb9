"""A need's profile as intake tells it (kem.intake.v1.NeedProfile), and as it is kept meanwhile."""

from dataclasses import dataclass
from enum import auto
from typing import Final
from uuid import UUID

from kem.common.v1.common_pb2 import Urgency as UrgencyMessage
from kem.intake.v1 import eligibility_service_pb2 as eligibility
from kernel.codes import (
    LAST_PRIORITY_GROUP,
    AgeBand,
    Code,
    HouseholdBand,
    Sex,
    StatusAnswer,
    Urgency,
)
from kernel.ids import AgencyId, NeedId, ReferralId
from services.referral.domain.profile import Profile

_PREFIX: Final = len("STATUS_CHECK_")


class Standing(Code):
    """Whether a need stands, as intake says."""

    ACTIVE = auto()
    WITHDRAWN = auto()
    ERASED = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class NeedAnswer:
    """What intake said of one need.

    Args:
        profile: None unless ACTIVE.
        cached: the profile's bytes for need_profile; empty unless ACTIVE.
        consent_withdrawn: the whole consent is gone although the need stands.
    """

    need_id: NeedId
    standing: Standing
    profile: Profile | None
    cached: bytes
    consent_withdrawn: bool


def answer_of(message: eligibility.NeedProfile) -> NeedAnswer:
    """Reads one profile of GetProfiles; a state that this version does not know counts as UNKNOWN."""
    standing = {
        eligibility.NeedProfile.STATE_ACTIVE: Standing.ACTIVE,
        eligibility.NeedProfile.STATE_WITHDRAWN: Standing.WITHDRAWN,
        eligibility.NeedProfile.STATE_ERASED: Standing.ERASED,
    }.get(message.state, Standing.UNKNOWN)
    is_active = standing is Standing.ACTIVE
    return NeedAnswer(
        need_id=NeedId(UUID(message.need_id)),
        standing=standing,
        profile=_profile(message) if is_active else None,
        cached=message.SerializeToString(deterministic=True) if is_active else b"",
        consent_withdrawn=message.consent_withdrawn,
    )


def profile_from(cached: bytes) -> Profile:
    """The profile of a need_profile row."""
    return _profile(eligibility.NeedProfile.FromString(cached))


def _profile(message: eligibility.NeedProfile) -> Profile:
    return Profile(
        need_id=NeedId(UUID(message.need_id)),
        referral_id=ReferralId(UUID(message.referral_id)),
        service_type=message.service_type,
        urgency=Urgency(UrgencyMessage.Name(message.urgency).removeprefix("URGENCY_")),
        district=message.district or None,
        avoided_districts=frozenset(message.avoided_districts),
        languages=tuple(message.languages),
        interpreter_needed=message.interpreter_needed,
        age_band=AgeBand(message.age_band) if message.age_band else None,
        sex=Sex(message.sex) if message.sex else None,
        status_checks={
            family: StatusAnswer(eligibility.StatusCheck.Name(check)[_PREFIX:])
            for family, check in message.status_checks.items()
        },
        step_free_access_needed=message.step_free_access_needed,
        household_band=HouseholdBand(message.household_band) if message.household_band else None,
        permitted_agency_ids=frozenset(
            AgencyId(UUID(agency_id)) for agency_id in message.permitted_agency_ids
        ),
        profile_version=message.profile_version,
        consent_withdrawn=message.consent_withdrawn,
        priority_group=message.priority_group or LAST_PRIORITY_GROUP,
        proof_months=dict(message.proof_months),
    )
