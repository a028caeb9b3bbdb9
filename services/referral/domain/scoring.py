"""How well a service suits, in five terms to be read aloud; none of nationality, religion, status or sex."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from kernel import codes
from kernel.codes import LocationVisibility
from services.referral.domain.candidate import Candidate
from services.referral.domain.capacity import Freshness, UnitPlaces
from services.referral.domain.conditions import Question
from services.referral.domain.spoken_languages import Understanding, Understood

FREE_PLACES = "FREE_PLACES"
FRESHNESS = "FRESHNESS"
TIME_TO_START = "TIME_TO_START"
DISTANCE = "DISTANCE"
FIT = "FIT"

NOT_KNOWN = 0.5
"""What nobody knows speaks neither for a service nor against it."""
_DAY_SECONDS = 86_400
_PLENTY = 3
_WEEK_DAYS = 7


class ScoreTerm(NamedTuple):
    """One term; `facts` are what reading_aloud.term_sentence needs to say it in Greek and English.

    Args:
        term: FREE_PLACES, FRESHNESS, TIME_TO_START, DISTANCE or FIT.
        value: 0 to 1 before weighing.
        facts: JSON-able, and nothing about the person beyond the language that they are served in.
    """

    term: str
    value: float
    weight: float
    facts: Mapping[str, str | int]


_WEIGHTS = MappingProxyType(
    {FREE_PLACES: 0.25, FRESHNESS: 0.15, TIME_TO_START: 0.25, DISTANCE: 0.2, FIT: 0.15}
)


@dataclass(frozen=True, slots=True)
class ScorePolicy:
    """Weights (their sum is 1) and bounds of one version of the score.

    Args:
        enough_cases: from so many on, a service's own median counts alone.
        equal_within: scores this near to the best of their group are equal.
    """

    weights: Mapping[str, float] = field(default_factory=lambda: _WEIGHTS)
    enough_cases: int = 20
    equal_within: float = 0.10


def terms_of(
    question: Question,
    candidate: Candidate,
    understanding: Understanding,
    units: tuple[UnitPlaces, ...],
    free_places: int | None,
    policy: ScorePolicy,
) -> tuple[ScoreTerm, ...]:
    """The five terms, always all and in this order.

    Args:
        units: in the order of their use; there is at least one.
    """
    weights = policy.weights
    free, free_facts = _free_places(free_places)
    fresh, fresh_facts = _freshness(units[0], question)
    start, start_facts = _time_to_start(candidate, policy)
    near, near_facts = _distance(question.profile.district, candidate)
    fit, fit_facts = _fit(question, candidate, understanding)
    return (
        ScoreTerm(FREE_PLACES, free, weights[FREE_PLACES], free_facts),
        ScoreTerm(FRESHNESS, fresh, weights[FRESHNESS], fresh_facts),
        ScoreTerm(TIME_TO_START, start, weights[TIME_TO_START], start_facts),
        ScoreTerm(DISTANCE, near, weights[DISTANCE], near_facts),
        ScoreTerm(FIT, fit, weights[FIT], fit_facts),
    )


_Measured = tuple[float, Mapping[str, str | int]]


def _free_places(free: int | None) -> _Measured:
    """None is none; from there on each further place counts less: 1 of 4, 3 of 6, 9 of 12 …"""
    if free is None:
        return 1.0, {"unlimited": 1}
    return free / (free + _PLENTY), {"free": free}


_FRESHNESS_VALUES = {Freshness.GREEN: 1.0, Freshness.AMBER: 0.5, Freshness.UNKNOWN: 0.0}


def _freshness(unit: UnitPlaces, question: Question) -> _Measured:
    how = unit.freshness(question.now)
    days = max((question.now - unit.declared_time).days, 0)
    facts: Mapping[str, str | int] = {
        "freshness": how.value,
        "days": days,
        "questioned": int(unit.is_questioned),
    }
    return _FRESHNESS_VALUES[how], facts


def _time_to_start(candidate: Candidate, policy: ScorePolicy) -> _Measured:
    """Median time to the begin of the service, drawn to the sector's mean while cases are few.

    Time to the *answer* never counts: it would reward those who decline fast.
    """
    own, sector = candidate.start_median_seconds, candidate.sector_start_mean_seconds
    cases = candidate.start_cases if own is not None else 0
    trust = min(cases / policy.enough_cases, 1.0)
    if own is not None and (trust == 1.0 or sector is None):
        seconds, basis = own, "OWN"
    elif sector is not None:
        seconds, basis = trust * (own or 0.0) + (1 - trust) * sector, "MIXED" if cases else "SECTOR"
    else:
        return NOT_KNOWN, {"basis": "NOT_KNOWN", "cases": 0}
    days = seconds / _DAY_SECONDS
    return 1 / (1 + days / _WEEK_DAYS), {"basis": basis, "cases": cases, "days": round(days)}


def _distance(home: str | None, candidate: Candidate) -> _Measured:
    """A hidden place gives no distance: a few of them together would tell where it is."""
    if candidate.location_visibility is LocationVisibility.HIDDEN:
        return NOT_KNOWN, {"band": "HIDDEN"}
    if home is None or home not in codes.DISTRICTS or candidate.district not in codes.DISTRICTS:
        return NOT_KNOWN, {"band": "NOT_KNOWN"}
    minutes = codes.district(home).minutes[candidate.district]
    if minutes <= 30:
        return 1.0, {"band": "30"}
    return (0.5, {"band": "60"}) if minutes <= 60 else (0.0, {"band": "MORE"})


_LANGUAGE_FIT = {
    Understood.SPOKEN: 0.7,
    Understood.INTERPRETER: 0.4,
    Understood.ASK: 0.1,
    Understood.NOT_KNOWN: 0.35,
    Understood.NO: 0.0,
}


def _fit(question: Question, candidate: Candidate, understanding: Understanding) -> _Measured:
    """Language first; then whether the service is made for this age or this size of household."""
    profile = question.profile
    is_made_for = (
        profile.age_band in candidate.age_bands or profile.household_band in candidate.household_bands
    )
    value = _LANGUAGE_FIT[understanding.how] + (0.3 if is_made_for else 0.0)
    return value, {
        "how": understanding.how.value,
        "language": understanding.language,
        "made_for": int(is_made_for),
    }
