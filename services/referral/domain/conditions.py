"""The hard conditions, in the order in which they are asked; the first that fails is what is told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from kernel.codes import LocationVisibility, Sex, StatusAnswer, Urgency
from kernel.ids import AgencyId, ServiceId
from services.referral.domain.calendar import ATHENS
from services.referral.domain.candidate import Candidate
from services.referral.domain.capacity import UnitPlaces
from services.referral.domain.opening import is_open
from services.referral.domain.profile import Profile
from services.referral.domain.spoken_languages import Understanding, Understood


class Exclusion(StrEnum):
    """Why a service is left out."""

    TYPE = "TYPE"
    AGREEMENT = "AGREEMENT"
    CONSENT = "CONSENT"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"
    AREA = "AREA"
    AVOIDED = "AVOIDED"
    AGE = "AGE"
    SEX = "SEX"
    HOUSEHOLD = "HOUSEHOLD"
    STATUS = "STATUS"
    DOCUMENT_ENDS = "DOCUMENT_ENDS"
    LANGUAGE = "LANGUAGE"
    ACCESS = "ACCESS"
    DECLINED = "DECLINED"
    NO_PLACE = "NO_PLACE"


class MatchWarning(StrEnum):
    """What the worker should look at before the offer goes out; it excludes nobody."""

    DISTRICT_NOT_KNOWN = "DISTRICT_NOT_KNOWN"
    AGE_NOT_KNOWN = "AGE_NOT_KNOWN"
    SEX_NOT_KNOWN = "SEX_NOT_KNOWN"
    HOUSEHOLD_NOT_KNOWN = "HOUSEHOLD_NOT_KNOWN"
    STATUS_NOT_VERIFIED = "STATUS_NOT_VERIFIED"
    STATUS_NOT_ASKED = "STATUS_NOT_ASKED"
    DOCUMENT_ENDS_BEFORE_ACTIVITY = "DOCUMENT_ENDS_BEFORE_ACTIVITY"
    LANGUAGE_NOT_KNOWN = "LANGUAGE_NOT_KNOWN"
    LANGUAGE_TO_ASK = "LANGUAGE_TO_ASK"
    INTERPRETER_TO_ARRANGE = "INTERPRETER_TO_ARRANGE"
    NO_FREE_PLACE = "NO_FREE_PLACE"


@dataclass(frozen=True, slots=True)
class Question:
    """One need, asked about one candidate after the other.

    Args:
        permitted: agencies to which it may go without asking; None: the person will choose.
    """

    profile: Profile
    now: datetime
    permitted: frozenset[AgencyId] | None
    declined: frozenset[ServiceId]
    holidays: frozenset[date]


Condition = Callable[[Question, Candidate, Understanding], bool]
"""True where the candidate fails it."""


def _is_of_another_type(question: Question, candidate: Candidate, _: Understanding) -> bool:
    return candidate.service_type != question.profile.service_type


def _has_no_agreement(question: Question, candidate: Candidate, _: Understanding) -> bool:
    return not candidate.has_agreement(question.now)


def _has_no_consent(question: Question, candidate: Candidate, _: Understanding) -> bool:
    return question.permitted is not None and candidate.agency_id not in question.permitted


def _is_suspended(question: Question, candidate: Candidate, _: Understanding) -> bool:
    return candidate.is_suspended


def _cannot_be_reached_now(question: Question, candidate: Candidate, _: Understanding) -> bool:
    """An emergency goes only where somebody hears it now: within opening hours, or on the duty phone."""
    return (
        question.profile.urgency is Urgency.EMERGENCY
        and not candidate.duty_phone
        and not is_open(candidate.opening, question.now, question.holidays)
    )


def _does_not_serve_the_area(question: Question, candidate: Candidate, _: Understanding) -> bool:
    """A hidden place in an avoided district is told as AREA, or the reason would say where it is."""
    district = question.profile.district
    outside = bool(candidate.areas) and district is not None and district not in candidate.areas
    is_hidden = candidate.location_visibility is LocationVisibility.HIDDEN
    return outside or (is_hidden and candidate.district in question.profile.avoided_districts)


def _must_be_avoided(question: Question, candidate: Candidate, _: Understanding) -> bool:
    return candidate.district in question.profile.avoided_districts


def _does_not_take_the_age(question: Question, candidate: Candidate, _: Understanding) -> bool:
    band = question.profile.age_band
    return bool(candidate.age_bands) and band is not None and band not in candidate.age_bands


def _does_not_take_the_sex(question: Question, candidate: Candidate, _: Understanding) -> bool:
    sex = question.profile.sex
    return bool(candidate.sexes) and sex not in (None, Sex.NOT_STATED) and sex not in candidate.sexes


def _does_not_take_the_household(question: Question, candidate: Candidate, _: Understanding) -> bool:
    band = question.profile.household_band
    return bool(candidate.household_bands) and band is not None and band not in candidate.household_bands


def _lacks_the_status(question: Question, candidate: Candidate, _: Understanding) -> bool:
    """What was not verified or not asked excludes only where the provider must see proof."""
    if not candidate.status_rule:
        return False
    answer = question.profile.status_checks.get(candidate.status_rule, StatusAnswer.NOT_ASKED)
    return answer is StatusAnswer.NO or (candidate.status_proof_needed and answer is not StatusAnswer.YES)


def outlasts_proof(profile: Profile, candidate: Candidate, unit: UnitPlaces) -> bool:
    """Whether the activity ends in a month that the proof of the status asked for no longer covers.

    Never for a service without activities or without a status rule, nor where the proof has no end that is
    known.
    """
    covered = profile.proof_months.get(candidate.status_rule)
    if covered is None or unit.end_time is None:
        return False
    return unit.end_time.astimezone(ATHENS).date().isoformat()[: len(covered)] > covered


def units_within_proof(profile: Profile, candidate: Candidate) -> tuple[UnitPlaces, ...]:
    """The units to which the person may go as far as the service's rule on the length of proof says."""
    if not candidate.status_proof_until_end:
        return candidate.units
    return tuple(unit for unit in candidate.units if not outlasts_proof(profile, candidate, unit))


def _lacks_proof_to_the_end(question: Question, candidate: Candidate, _: Understanding) -> bool:
    """Where the rule leaves no unit that has, or could ever have, a place."""
    within = units_within_proof(question.profile, candidate)
    return len(within) < len(candidate.units) and not any(unit.can_be_waited_for for unit in within)


def _is_not_understood(question: Question, candidate: Candidate, understanding: Understanding) -> bool:
    """A close language will do only where there is somebody to ask the person."""
    return understanding.how is Understood.NO or (
        understanding.how is Understood.ASK and question.permitted is not None
    )


def _cannot_be_entered(question: Question, candidate: Candidate, _: Understanding) -> bool:
    return question.profile.step_free_access_needed and not candidate.step_free


def _has_said_no(question: Question, candidate: Candidate, _: Understanding) -> bool:
    return candidate.service_id in question.declined


def _never_has_a_place(question: Question, candidate: Candidate, _: Understanding) -> bool:
    """A full service can be waited for; one without any open unit or declared place cannot."""
    return not any(unit.can_be_waited_for for unit in candidate.units)


HARD_CONDITIONS: tuple[tuple[Exclusion, Condition], ...] = (
    (Exclusion.TYPE, _is_of_another_type),
    (Exclusion.AGREEMENT, _has_no_agreement),
    (Exclusion.CONSENT, _has_no_consent),
    (Exclusion.SUSPENDED, _is_suspended),
    (Exclusion.AREA, _does_not_serve_the_area),
    (Exclusion.AVOIDED, _must_be_avoided),
    (Exclusion.AGE, _does_not_take_the_age),
    (Exclusion.SEX, _does_not_take_the_sex),
    (Exclusion.HOUSEHOLD, _does_not_take_the_household),
    (Exclusion.STATUS, _lacks_the_status),
    (Exclusion.DOCUMENT_ENDS, _lacks_proof_to_the_end),
    (Exclusion.LANGUAGE, _is_not_understood),
    (Exclusion.ACCESS, _cannot_be_entered),
    (Exclusion.DECLINED, _has_said_no),
    (Exclusion.CLOSED, _cannot_be_reached_now),
    (Exclusion.NO_PLACE, _never_has_a_place),
)


def warnings_of(
    question: Question,
    candidate: Candidate,
    understanding: Understanding,
    units: tuple[UnitPlaces, ...],
) -> tuple[str, ...]:
    """What is not known, or has to be arranged, for this person at this service.

    Args:
        units: in the order of their use; whether a document ends too soon is told of the first.
    """
    profile = question.profile
    found: list[str] = []
    if candidate.areas and profile.district is None:
        found.append(MatchWarning.DISTRICT_NOT_KNOWN)
    if candidate.age_bands and profile.age_band is None:
        found.append(MatchWarning.AGE_NOT_KNOWN)
    if candidate.sexes and profile.sex in (None, Sex.NOT_STATED):
        found.append(MatchWarning.SEX_NOT_KNOWN)
    if candidate.household_bands and profile.household_band is None:
        found.append(MatchWarning.HOUSEHOLD_NOT_KNOWN)
    if candidate.status_rule:
        answer = profile.status_checks.get(candidate.status_rule, StatusAnswer.NOT_ASKED)
        if answer is StatusAnswer.NOT_VERIFIED:
            found.append(MatchWarning.STATUS_NOT_VERIFIED)
        elif answer is StatusAnswer.NOT_ASKED:
            found.append(MatchWarning.STATUS_NOT_ASKED)
        if units and outlasts_proof(profile, candidate, units[0]):
            found.append(MatchWarning.DOCUMENT_ENDS_BEFORE_ACTIVITY)
    if understanding.how in _LANGUAGE_WARNINGS:
        found.append(_LANGUAGE_WARNINGS[understanding.how])
    return tuple(found)


_LANGUAGE_WARNINGS = {
    Understood.NOT_KNOWN: MatchWarning.LANGUAGE_NOT_KNOWN,
    Understood.ASK: MatchWarning.LANGUAGE_TO_ASK,
    Understood.INTERPRETER: MatchWarning.INTERPRETER_TO_ARRANGE,
}
