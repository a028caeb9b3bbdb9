"""What a match came to, as the history keeps it: services and figures, nothing that tells of the person."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kernel.ids import AgencyId, ServiceId
from services.referral.domain.conditions import Exclusion
from services.referral.domain.matching import MatchResult

MOST_PROPOSED: Final = 10
OF_THE_SERVICE: Final = frozenset(
    {Exclusion.AGREEMENT, Exclusion.SUSPENDED, Exclusion.CLOSED, Exclusion.NO_PLACE, Exclusion.DECLINED}
)
"""Why a service was left out, where that says something about the service alone."""


@dataclass(frozen=True, slots=True)
class ProposedService:
    """A service that came into question.

    Args:
        service_version: of the row of the directory that was read.
        score_thousandths: 1000 would be the best of all in each term.
    """

    service_id: ServiceId
    agency_id: AgencyId
    service_version: int
    score_thousandths: int


@dataclass(frozen=True, slots=True)
class Considered:
    """One match of a referral.

    Args:
        match_number: from 1; under it the terms of the scores are kept with the referral.
        proposed: the best ones, the best first.
        left_out: how many services, for each reason that is the service's.
    """

    match_number: int
    proposed: tuple[ProposedService, ...]
    left_out: Mapping[str, int]


def considered(result: MatchResult, match_number: int) -> Considered:
    """What may be told of a match; of a restricted service nothing may."""
    return Considered(
        match_number,
        tuple(
            ProposedService(one.service_id, one.agency_id, one.service_version, round(one.score * 1000))
            for one in result.proposals[:MOST_PROPOSED]
        ),
        {reason: count for reason, count in sorted(result.exclusions.items()) if reason in OF_THE_SERVICE},
    )
