"""Which services can take a person, in which order, and why the others cannot. Pure: `now` is passed in."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from kernel.ids import AgencyId, ReferralId, ServiceId
from services.referral.domain.candidate import Candidate
from services.referral.domain.capacity import Freshness, UnitPlaces, free_places_of, in_order_of_use
from services.referral.domain.conditions import (
    HARD_CONDITIONS,
    Condition,
    Exclusion,
    MatchWarning,
    Question,
    units_within_proof,
    warnings_of,
)
from services.referral.domain.opening import next_opening
from services.referral.domain.profile import Profile
from services.referral.domain.scoring import ScorePolicy, ScoreTerm, terms_of
from services.referral.domain.spoken_languages import Understanding, understanding
from services.referral.domain.unmatched import unmatched_reason

__all__ = [
    "Candidate",
    "MatchPolicy",
    "MatchResult",
    "Proposal",
    "ScoreTerm",
    "UnitPlaces",
    "match",
]


@dataclass(frozen=True, slots=True)
class MatchPolicy:
    """One version of the rules.

    Args:
        holidays: days in Athens on which no opening hours hold.
        conditions: asked in this order.
    """

    version: str = "match/1"
    holidays: frozenset[date] = frozenset()
    score: ScorePolicy = field(default_factory=ScorePolicy)
    conditions: tuple[tuple[Exclusion, Condition], ...] = HARD_CONDITIONS


@dataclass(frozen=True, slots=True)
class Proposal:
    """A service that could take the person.

    Args:
        terms: what the score is made of, all five.
        warnings: codes that exclude nobody.
        free_places: of all its open units; None when unlimited; 0: only for waiting.
        units: those with a place first, in the order in which to try them; then those to wait for.
        permitted: whether the person's consent already permits this agency.
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
    candidate: Candidate

    @property
    def has_place(self) -> bool:
        return self.free_places is None or self.free_places > 0

    @property
    def duty_phone(self) -> str:
        return self.candidate.duty_phone


@dataclass(frozen=True, slots=True)
class MatchResult:
    """Proposals, the best first with rotation applied; those without a place come last, for waiting.

    Args:
        exclusions: how many candidates each first excluding reason left out.
        excluded: each candidate left out with its first reason, by service.
        unmatched_reason: a code of the UNMATCHED list when there are no proposals, else None.
        reopens_time: when the first service opens that fails for the hour alone; None where none does.
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
    """Decides for one need; the same candidates, in whatever order, give the same result.

    Args:
        permitted: agencies to which it may go without asking (CONSENTED); None: the person will choose.
        declined: services that have said no to this need and may not be asked again.
    """
    question = Question(profile, now, permitted, declined, policy.holidays)
    proposals: list[Proposal] = []
    excluded: list[tuple[Candidate, str]] = []
    for candidate in candidates:
        understood = understanding(profile.languages, candidate.languages, candidate.interpreter_languages)
        reason = _first_failing(policy.conditions, question, candidate, understood)
        if reason is None:
            proposals.append(_proposal(question, candidate, understood, policy.score))
        else:
            excluded.append((candidate, reason))
    excluded.sort(key=_by_service)
    return MatchResult(
        proposals=_ranked(proposals, referral_id, now, policy.score),
        exclusions=Counter(reason for _, reason in excluded),
        excluded=tuple(excluded),
        unmatched_reason=None if proposals else unmatched_reason(question, candidates, policy.conditions),
        reopens_time=_reopens_time(question, excluded),
        policy_version=policy.version,
    )


def _first_failing(
    conditions: tuple[tuple[Exclusion, Condition], ...],
    question: Question,
    candidate: Candidate,
    understood: Understanding,
) -> str | None:
    for reason, fails in conditions:
        if fails(question, candidate, understood):
            return reason.value
    return None


def _by_service(pair: tuple[Candidate, str]) -> bytes:
    return pair[0].service_id.bytes


def _proposal(
    question: Question, candidate: Candidate, understood: Understanding, policy: ScorePolicy
) -> Proposal:
    units = in_order_of_use(units_within_proof(question.profile, candidate), question.now)
    free = free_places_of(units)
    terms = terms_of(question, candidate, understood, units, free, policy) if units else ()
    warnings = warnings_of(question, candidate, understood, units)
    if free == 0:
        warnings = (*warnings, MatchWarning.NO_FREE_PLACE)
    return Proposal(
        service_id=candidate.service_id,
        agency_id=candidate.agency_id,
        service_version=candidate.version,
        score=round(sum(term.value * term.weight for term in terms), 6),
        terms=terms,
        warnings=warnings,
        free_places=free,
        units=units,
        permitted=candidate.agency_id in question.profile.permitted_agency_ids,
        candidate=candidate,
    )


def _ranked(
    proposals: Iterable[Proposal], referral_id: ReferralId, now: datetime, policy: ScorePolicy
) -> tuple[Proposal, ...]:
    """Free places that are known, then free places that are not, then none; by score within each."""
    by_rank: tuple[list[Proposal], ...] = ([], [], [])
    for proposal in proposals:
        by_rank[_rank(proposal, now)].append(proposal)
    ranked: list[Proposal] = []
    for same_rank in by_rank:
        same_rank.sort(key=lambda one: (-one.score, one.service_id.bytes))
        ranked.extend(_rotated(same_rank, referral_id, policy.equal_within))
    return tuple(ranked)


def _rank(proposal: Proposal, now: datetime) -> int:
    if not proposal.has_place:
        return 2
    return int(proposal.units[0].freshness(now) is Freshness.UNKNOWN)


def _rotated(ordered: list[Proposal], referral_id: ReferralId, equal_within: float) -> Iterable[Proposal]:
    """Scores within 10 % of the best of their group are equal: whose turn it is differs by referral."""
    start = 0
    while start < len(ordered):
        least = ordered[start].score * (1 - equal_within)
        end = start + 1
        while end < len(ordered) and ordered[end].score >= least:
            end += 1
        yield from sorted(ordered[start:end], key=lambda one: _turn(referral_id, one.service_id))
        start = end


def _turn(referral_id: ReferralId, service_id: ServiceId) -> bytes:
    return hashlib.blake2b(referral_id.bytes + service_id.bytes, digest_size=16).digest()


def _reopens_time(question: Question, excluded: Iterable[tuple[Candidate, str]]) -> datetime | None:
    """Among services that fail for the hour alone: CLOSED is asked after all else but places."""
    times = [
        next_opening(candidate.opening, question.now, question.holidays)
        for candidate, reason in excluded
        if reason == Exclusion.CLOSED
    ]
    return min((time for time in times if time is not None), default=None)
