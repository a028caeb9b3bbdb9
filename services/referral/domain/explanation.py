"""Why these services and not the others: what the sender is told, and no one else."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from kernel.codes import Listing
from kernel.ids import AgencyId, ServiceId
from services.referral.domain.candidate import Candidate
from services.referral.domain.matching import MatchResult, Proposal
from services.referral.domain.visibility import Viewer

MOST_PROPOSALS = 50


@dataclass(frozen=True, slots=True)
class ExcludedService:
    """A service that was left out, with the first reason."""

    service_id: ServiceId
    agency_id: AgencyId
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The 50 best, and for the others the count per reason; `excluded` is one page of one reason."""

    proposals: tuple[Proposal, ...]
    exclusions: Mapping[str, int]
    excluded: tuple[ExcludedService, ...]
    next_after: UUID | None
    policy_version: str


def visible_proposals(result: MatchResult, viewer: Viewer) -> tuple[Proposal, ...]:
    """The 50 best of those that the viewer may know of."""
    found = (one for one in result.proposals if _finds(viewer, one.candidate))
    return tuple(proposal for proposal, _ in zip(found, range(MOST_PROPOSALS), strict=False))


def visible_exclusions(result: MatchResult, viewer: Viewer) -> list[ExcludedService]:
    """Those left out that the viewer may know of, by service id."""
    return [
        ExcludedService(candidate.service_id, candidate.agency_id, reason)
        for candidate, reason in result.excluded
        if _finds(viewer, candidate)
    ]


def counted(excluded: list[ExcludedService]) -> Counter[str]:
    """How many were left out for each reason."""
    return Counter(one.reason for one in excluded)


def _finds(viewer: Viewer, candidate: Candidate) -> bool:
    return candidate.listing is Listing.PUBLIC or viewer.finds(candidate.listing, candidate.agency_id)
