"""Why nobody fits, as the sender and the city's figures are told it."""

from typing import Any

import pytest

from services.referral.domain.candidate import Candidate
from services.referral.domain.matching import MatchPolicy, match
from tests.support.directory import NOW, agency_id, candidate, profile, referral_id, service_id

TURKISH: dict[str, Any] = {"languages": frozenset({"tur"})}
CHILDREN: dict[str, Any] = {"age_bands": frozenset({"BAND_0_5"})}
NO_AGREEMENT: dict[str, Any] = {"agreement_until_time": None}


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        ([], "NO_SERVICE"),
        ([candidate(1, is_suspended=True)], "NO_SERVICE"),
        ([candidate(1, areas=frozenset({"ATHENS_1"}))], "NO_SERVICE"),
        ([candidate(1, **TURKISH)], "NO_LANGUAGE"),
        ([candidate(1, **CHILDREN)], "NOT_ELIGIBLE_ANYWHERE"),
        ([candidate(1, **NO_AGREEMENT)], "NO_AGREEMENT"),
        ([candidate(1, units=())], "NO_PLACE"),
        ([candidate(20)], "NO_CONSENT"),
        ([candidate(1, **TURKISH), candidate(2, is_suspended=True)], "NO_LANGUAGE"),
        ([candidate(1, **TURKISH), candidate(20)], "NO_CONSENT"),
        ([candidate(1, **TURKISH), candidate(20, **TURKISH)], "NO_LANGUAGE"),
        ([candidate(1, **CHILDREN, **TURKISH), candidate(2, units=())], "NO_PLACE"),
    ],
)
def test_the_reason_is_what_stands_in_the_way_of_the_nearest_service(
    services: list[Candidate], expected: str
) -> None:
    result = match(
        profile(),
        services,
        referral_id=referral_id(),
        now=NOW,
        policy=MatchPolicy(),
        permitted=frozenset({agency_id(1), agency_id(2)}),
        declined=frozenset(),
    )
    assert result.unmatched_reason == expected


def test_services_that_have_all_said_no_are_no_service() -> None:
    result = match(
        profile(),
        [candidate(1)],
        referral_id=referral_id(),
        now=NOW,
        policy=MatchPolicy(),
        permitted=None,
        declined=frozenset({service_id(1)}),
    )
    assert result.unmatched_reason == "NO_SERVICE"


def test_there_is_no_reason_where_somebody_fits() -> None:
    result = match(
        profile(),
        [candidate(1), candidate(2, **TURKISH)],
        referral_id=referral_id(),
        now=NOW,
        policy=MatchPolicy(),
        permitted=None,
        declined=frozenset(),
    )
    assert result.unmatched_reason is None
