"""Which services can take a person, in which order, and why the others cannot. Pure: `now` is passed in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from kernel.ids import ActivityId, AgencyId, ReferralId, ServiceId, UnitId
from services.referral.domain.profile import Profile


@dataclass(frozen=True, slots=True)
class UnitPlaces:
    """A unit of capacity as it stood when the candidates were read.

    Args:
        free_places: None when unlimited; below 0 when more is taken than declared.
        start_time: when the activity begins; None for a service without activities.
    """

    unit_id: UnitId
    activity_id: ActivityId | None
    free_places: int | None
    places: int | None
    declared_time: datetime
    start_time: datetime | None

    @property
    def has_place(self) -> bool:
        return self.free_places is None or self.free_places > 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A service of the wanted type with all that matching asks about it; `version` is what a match cites."""

    service_id: ServiceId
    agency_id: AgencyId
    version: int
    service_type: str


@dataclass(frozen=True, slots=True)
class MatchPolicy:
    """The weights and bounds of one version; they sum to 1.

    Args:
        holidays: days (Athens) on which no opening hours hold.
    """

    version: str = "match/1"
    holidays: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class ScoreTerm:
    """One term of a score; `facts` are what reading_aloud.term_text needs to say it in Greek and English.

    Args:
        term: FREE_PLACES, FRESHNESS, TIME_TO_START, DISTANCE or FIT.
        value: 0 to 1 before weighing.
        facts: JSON-able.
    """

    term: str
    value: float
    weight: float
    facts: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A service that could take the person.

    Args:
        free_places: of all its open units; None when unlimited; 0 or less: only for waiting.
        units: those with a free place first, in the order in which to try them; then those to wait for.
        permitted: whether the person's consent already permits this agency.
        duty_phone: empty where none.
        warnings: codes that exclude nobody.
    """

    service_id: ServiceId
    agency_id: AgencyId
    service_version: int
    score: float
    terms: tuple[ScoreTerm, ...]
    warnings: tuple[str, ...]
    free_places: int | None
    units: tuple[UnitPlaces, ...]
    permitted: bool
    duty_phone: str
    candidate: Candidate

    @property
    def has_place(self) -> bool:
        return self.free_places is None or self.free_places > 0


@dataclass(frozen=True, slots=True)
class MatchResult:
    """Proposals, the best first with rotation applied; those without a place come last, for waiting.

    Args:
        exclusions: how many candidates each first excluding reason left out.
        excluded: each candidate left out with its first reason.
        unmatched_reason: a code of UNMATCHED when there are no proposals, else None.
        reopens_time: when the first service opens that an emergency cannot be sent to now, else None.
    """

    proposals: tuple[Proposal, ...]
    exclusions: Mapping[str, int]
    excluded: tuple[tuple[Candidate, str], ...]
    unmatched_reason: str | None
    reopens_time: datetime | None
    policy_version: str


def match(
    profile: Profile,
    candidates: Sequence[Candidate],
    *,
    referral_id: ReferralId,
    now: datetime,
    policy: MatchPolicy,
    permitted: frozenset[AgencyId] | None,
    declined: frozenset[ServiceId],
) -> MatchResult:
    """Decides for one need; the same input, in whatever order, gives the same result.

    Args:
        permitted: agencies to which it may go without asking (CONSENTED); None: the person will choose.
        declined: services that have already said no to this need.
    """
    raise NotImplementedError
