"""What matching may know of one need: bands derived from the person's data at the moment of asking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from kernel.codes import service_type
from kernel.ids import AgencyId, NeedId, ReferralId
from kernel.vocabulary import StatusAnswer, Urgency
from services.intake.domain.agreement import Agreement
from services.intake.domain.athens_day import athens_day
from services.intake.domain.cells import Cell, decide
from services.intake.domain.need import Need
from services.intake.domain.person_profile import PersonProfile


class NeedState(StrEnum):
    """Whether a need stands, as matching is told."""

    ACTIVE = "ACTIVE"
    WITHDRAWN = "WITHDRAWN"
    ERASED = "ERASED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class NeedProfile:
    """One need as far as hard conditions need it; empty beyond the ids unless ACTIVE."""

    need_id: NeedId
    state: NeedState
    referral_id: ReferralId | None = None
    service_type: str = ""
    urgency: Urgency | None = None
    district: str = ""
    avoided_districts: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    interpreter_needed: bool = False
    age_band: str = ""
    sex: str = ""
    status_answers: Mapping[str, StatusAnswer] = field(default_factory=dict)
    step_free_access_needed: bool = False
    household_band: str = ""
    permitted_agency_ids: tuple[AgencyId, ...] = ()
    profile_version: int = 0
    consent_withdrawn: bool = False
    priority_group: int = 0
    proof_months: Mapping[str, str] = field(default_factory=dict)


def unknown(need_id: NeedId) -> NeedProfile:
    """No such need here: the event is not ours, or the database is older than the topic."""
    return NeedProfile(need_id, NeedState.UNKNOWN)


def withdrawn(need: Need) -> NeedProfile:
    """The person withdrew the need."""
    return NeedProfile(need.need_id, NeedState.WITHDRAWN, need.referral_id)


def erased(need: Need) -> NeedProfile:
    """The person is erased, or the key is gone: nothing more is known."""
    return NeedProfile(need.need_id, NeedState.ERASED, need.referral_id)


def active(
    need: Need,
    person: PersonProfile,
    *,
    permitted: tuple[AgencyId, ...],
    profile_version: int,
    consent_withdrawn: bool,
    now: datetime,
) -> NeedProfile:
    """A need that stands. Sex and status are told only where the type's rules may ask for them."""
    kind = service_type(need.service_type)
    today = athens_day(now)
    band = person.age_band(today)
    return NeedProfile(
        need_id=need.need_id,
        state=NeedState.ACTIVE,
        referral_id=need.referral_id,
        service_type=need.service_type,
        urgency=need.urgency,
        district=person.district,
        avoided_districts=person.avoided_districts,
        languages=person.languages,
        interpreter_needed=person.interpreter_needed,
        age_band=band or "",
        sex=person.sex if kind.sex_restricted else "",
        status_answers=person.status_answers(today) if kind.may_need_status else {},
        step_free_access_needed=person.step_free_access_needed,
        household_band=person.household_band or "",
        permitted_agency_ids=permitted,
        profile_version=profile_version,
        consent_withdrawn=consent_withdrawn,
        priority_group=person.priority_group(today),
        proof_months=person.proof_months(today) if kind.may_need_status else {},
    )


def permitted_agencies(
    cells: Sequence[Cell], agreements: Mapping[UUID, Agreement], *, purpose: str, now: datetime
) -> tuple[AgencyId, ...]:
    """Agencies to which something of the person may be given for this purpose, in the order of their ids.

    Something: a permit in force that a denial does not eat up, under an agreement that covers it.
    """
    by_agency: dict[AgencyId, list[Cell]] = {}
    for cell in cells:
        if cell.purpose == purpose:
            by_agency.setdefault(cell.agency_id, []).append(cell)
    return tuple(
        agency_id
        for agency_id, own in sorted(by_agency.items())
        if (agreement := agreements.get(agency_id)) is not None
        and agreement.covers(purpose, now)
        and decide(own, agency_id=agency_id, purpose=purpose, wanted=agreement.categories, now=now).mask
    )


def is_consent_withdrawn(need: Need, whole_withdrawal_time: datetime | None) -> bool:
    """Whether the whole consent was withdrawn after the need was recorded.

    Args:
        whole_withdrawal_time: when consent was last withdrawn whole; None where never. Consent given since
            does not count: the referral ended with the withdrawal, whenever its service hears of it.
    """
    return whole_withdrawal_time is not None and whole_withdrawal_time > need.recorded_time
