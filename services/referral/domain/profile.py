"""What matching is told about a person: derived bands, never facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from kernel.codes import LAST_PRIORITY_GROUP, AgeBand, HouseholdBand, Sex, StatusAnswer, Urgency
from kernel.ids import AgencyId, NeedId, ReferralId

_NOTHING_KNOWN: Mapping[str, StatusAnswer] = MappingProxyType({})
_NO_END_KNOWN: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Profile:
    """A need that stands, as far as hard conditions need it. None and empty mean: not known.

    Args:
        district: municipal district where the person lives, a code.
        avoided_districts: where the person must not be sent.
        languages: ISO 639-3, the best first.
        sex: only for a sex-restricted service type, else None.
        status_checks: one answer per rule family; the status itself is never told.
        permitted_agency_ids: agencies with a grant in force for this purpose and a valid agreement.
        profile_version: grows with each change of what stands here.
        consent_withdrawn: the whole consent is gone although the need stands.
        priority_group: the published number by which waiting lists are ordered; 1 is first.
        proof_months: per rule family, the last month (YYYY-MM) that its proof covers to the last day; without
            one, no end of the proof is known.
    """

    need_id: NeedId
    referral_id: ReferralId
    service_type: str
    urgency: Urgency
    district: str | None = None
    avoided_districts: frozenset[str] = frozenset()
    languages: tuple[str, ...] = ()
    interpreter_needed: bool = False
    age_band: AgeBand | None = None
    sex: Sex | None = None
    status_checks: Mapping[str, StatusAnswer] = field(default_factory=lambda: _NOTHING_KNOWN)
    step_free_access_needed: bool = False
    household_band: HouseholdBand | None = None
    permitted_agency_ids: frozenset[AgencyId] = frozenset()
    profile_version: int = 0
    consent_withdrawn: bool = False
    priority_group: int = LAST_PRIORITY_GROUP
    proof_months: Mapping[str, str] = field(default_factory=lambda: _NO_END_KNOWN)
