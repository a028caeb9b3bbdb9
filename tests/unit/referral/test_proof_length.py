"""A document that ends before the activity: a warning, unless the service asks that it lasts."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from kernel.codes import StatusAnswer
from services.referral.domain.candidate import Candidate
from services.referral.domain.capacity import UnitPlaces
from services.referral.domain.matching import MatchPolicy, MatchResult, match
from services.referral.domain.profile import Profile
from tests.support.directory import NOW, candidate, profile, referral_id, unit

RULE = "WORK_ALLOWED"
WARNING = "DOCUMENT_ENDS_BEFORE_ACTIVITY"


def person(covered: str | None, **changes: Any) -> Profile:
    """Allowed to work, seen on a document that covers this month to its end; None: without an end."""
    months = {} if covered is None else {RULE: covered}
    return profile(status_checks={RULE: StatusAnswer.YES}, proof_months=months, **changes)


def course(number: int, *end: int, free: int = 3, **changes: Any) -> UnitPlaces:
    """A course that ends on this day (UTC)."""
    year, month, day, hour, minute = (*end, 0, 0)[:5]
    end_time = datetime(year, month, day, hour, minute, tzinfo=UTC)
    return unit(number, free, start_time=NOW, end_time=end_time, **changes)


def training(*courses: UnitPlaces, **changes: Any) -> Candidate:
    return candidate(status_rule=RULE, units=courses, **changes)


def matched(need: Profile, service: Candidate) -> MatchResult:
    return match(
        need,
        [service],
        referral_id=referral_id(),
        now=NOW,
        policy=MatchPolicy(),
        permitted=None,
        declined=frozenset(),
    )


STRICT: dict[str, Any] = {"status_proof_needed": True, "status_proof_until_end": True}


@pytest.mark.parametrize(
    ("covered", "end", "is_warned"),
    [
        ("2026-05", (2026, 5, 31, 20), False),
        ("2026-05", (2026, 5, 31, 21, 30), True),  # 1 June in Athens
        ("2026-05", (2026, 6, 1), True),
        ("2025-12", (2026, 5, 1), True),
        ("2026-12", (2027, 1, 1), True),
        ("2027-01", (2026, 12, 31), False),
        (None, (2031, 6, 1), False),
    ],
)
def test_the_month_that_is_covered_is_compared_with_the_end_of_the_activity_in_athens(
    covered: str | None, end: tuple[int, ...], is_warned: bool
) -> None:
    service = training(course(1, *end))
    assert matched(person(covered), service).proposals[0].warnings == ((WARNING,) if is_warned else ())
    strict = matched(person(covered), replace(service, **STRICT))
    assert dict(strict.exclusions) == ({"DOCUMENT_ENDS": 1} if is_warned else {})
    assert strict.unmatched_reason == ("NOT_ELIGIBLE_ANYWHERE" if is_warned else None)


def test_a_service_without_activities_or_without_a_status_rule_asks_for_no_length() -> None:
    assert matched(person("2025-01"), training(unit(1), **STRICT)).proposals[0].warnings == ()
    lenient = candidate(units=(course(1, 2030, 1, 1),))
    assert matched(person("2025-01"), lenient).proposals[0].warnings == ()


def test_the_proof_of_another_rule_family_is_not_asked_about() -> None:
    other = replace(person(None), proof_months={"SETTLED": "2025-01"})
    assert matched(other, training(course(1, 2026, 5, 1))).proposals[0].warnings == ()


def test_the_warning_is_about_the_activity_that_would_be_offered() -> None:
    short, long = course(1, 2026, 4, 1), course(2, 2026, 9, 1)
    assert matched(person("2026-05"), training(short, long)).proposals[0].warnings == ()
    full = replace(short, free_places=0)
    assert matched(person("2026-05"), training(full, long)).proposals[0].warnings == (WARNING,)


def test_the_rule_leaves_the_activities_that_the_document_covers() -> None:
    short, long = course(1, 2026, 4, 1), course(2, 2026, 9, 1)
    proposal = matched(person("2026-05"), training(long, short, **STRICT)).proposals[0]
    assert (proposal.units, proposal.free_places, proposal.warnings) == ((short,), 3, ())
    everything = matched(person("2026-09"), training(long, short, **STRICT)).proposals[0]
    assert set(everything.units) == {short, long}


def test_where_only_uncovered_activities_ever_have_a_place_the_document_is_what_stands_in_the_way() -> None:
    closed = course(1, 2026, 4, 1, free=0, places=0)
    long = course(2, 2026, 9, 1)
    assert dict(matched(person("2026-05"), training(closed, long, **STRICT)).exclusions) == {
        "DOCUMENT_ENDS": 1
    }
    assert dict(matched(person("2026-05"), training(closed, **STRICT)).exclusions) == {"NO_PLACE": 1}


def test_a_document_that_lasts_long_scores_no_better() -> None:
    service = training(course(1, 2026, 9, 1))
    short, long = (matched(person(month), service).proposals[0] for month in ("2026-05", "2026-09"))
    assert (short.score, short.terms) == (long.score, long.terms)
