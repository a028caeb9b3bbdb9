"""What makes one service better than another, and whose turn it is where none is."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from kernel.codes import LocationVisibility, Sex, StatusAnswer
from services.referral.domain.candidate import Candidate
from services.referral.domain.matching import MatchPolicy, Proposal, match
from services.referral.domain.profile import Profile
from services.referral.domain.scoring import ScorePolicy
from tests.support.directory import NOW, candidate, profile, referral_id, service_id, unit

DAY = 86_400.0


def ranked(*services: Candidate, need: Profile | None = None, number: int = 1) -> tuple[Proposal, ...]:
    return match(
        need or profile(),
        services,
        referral_id=referral_id(number),
        now=NOW,
        policy=MatchPolicy(),
        permitted=None,
        declined=frozenset(),
    ).proposals


def value(term: str, service: Candidate, need: Profile | None = None) -> float:
    return next(one.value for one in ranked(service, need=need)[0].terms if one.term == term)


def declared(number: int, days: float, **changes: Any) -> Candidate:
    return candidate(number, units=(unit(number, declared_time=NOW - timedelta(days=days), **changes),))


def test_the_weights_of_the_terms_sum_to_one() -> None:
    assert sum(ScorePolicy().weights.values()) == pytest.approx(1)


def test_a_score_is_the_weighed_sum_of_its_five_terms() -> None:
    proposal = ranked(candidate())[0]
    assert [term.term for term in proposal.terms] == [
        "FREE_PLACES",
        "FRESHNESS",
        "TIME_TO_START",
        "DISTANCE",
        "FIT",
    ]
    assert proposal.score == pytest.approx(sum(term.value * term.weight for term in proposal.terms), abs=1e-6)


def test_more_free_places_are_better_and_unlimited_is_best() -> None:
    values = [value("FREE_PLACES", candidate(free=free)) for free in (1, 3, 20, None)]
    assert values == sorted(values)
    assert len(set(values)) == 4


def test_a_declaration_is_green_for_7_days_amber_for_14_then_unknown() -> None:
    assert [value("FRESHNESS", declared(1, days)) for days in (0, 7, 7.01, 14, 14.01)] == [1, 1, 0.5, 0.5, 0]


def test_free_places_that_nobody_confirmed_come_after_all_that_are_known_and_before_none() -> None:
    old_but_near = declared(1, 15)
    known_but_far = candidate(2, district="ATHENS_2", languages=frozenset({"ell"}), free=1)
    known_but_far = candidate(
        2, free=1, district="ATHENS_2", languages=frozenset(), interpreter_languages=frozenset({"ara"})
    )
    full = candidate(3, units=(unit(3, 0, places=9),))
    assert [one.service_id for one in ranked(full, old_but_near, known_but_far)] == [
        service_id(2),
        service_id(1),
        service_id(3),
    ]


def test_a_declaration_that_two_declines_contradict_counts_as_unknown() -> None:
    assert value("FRESHNESS", declared(1, 0, is_questioned=True)) == 0


def test_few_cases_are_drawn_to_the_mean_of_the_sector() -> None:
    def waits(cases: int, own: float | None, sector: float | None) -> float:
        return value(
            "TIME_TO_START",
            candidate(start_cases=cases, start_median_seconds=own, sector_start_mean_seconds=sector),
        )

    one_fast_case = waits(1, 0.0, 28 * DAY)
    assert waits(20, 0.0, 28 * DAY) == 1.0
    assert waits(0, None, 28 * DAY) == pytest.approx(0.2)
    assert waits(0, None, 28 * DAY) < one_fast_case < 0.25
    assert waits(0, None, None) == 0.5


def test_distance_counts_in_three_bands() -> None:
    values = [
        value("DISTANCE", candidate(district=there), profile(district="ATHENS_2"))
        for there in ("ATHENS_1", "ATHENS_6", "ATHENS_5")
    ]
    assert values == [1.0, 0.5, 0.0]


def test_a_hidden_place_gives_the_same_distance_from_everywhere() -> None:
    hidden = candidate(location_visibility=LocationVisibility.HIDDEN)
    assert {value("DISTANCE", hidden, profile(district=f"ATHENS_{number}")) for number in range(1, 8)} == {
        0.5
    }


def test_whoever_speaks_the_language_fits_better_than_an_interpreter() -> None:
    spoken = candidate(languages=frozenset({"ara"}))
    interpreted = candidate(languages=frozenset({"ell"}), interpreter_languages=frozenset({"ara"}))
    assert value("FIT", spoken) > value("FIT", interpreted) > 0


def test_sex_and_status_never_score() -> None:
    rule = candidate(sexes=frozenset({"F", "M"}), status_rule="WORK_ALLOWED")
    scores = {
        ranked(rule, need=profile(sex=sex, status_checks={"WORK_ALLOWED": answer}))[0].score
        for sex in (Sex.F, Sex.M, None)
        for answer in (StatusAnswer.YES, StatusAnswer.NOT_VERIFIED)
    }
    assert len(scores) == 1


def test_equal_services_take_turns_and_each_referral_sees_the_same_turn_again() -> None:
    services = [candidate(number) for number in range(1, 5)]
    first = Counter(ranked(*services, number=number)[0].service_id for number in range(400))
    assert set(first) == {service_id(number) for number in range(1, 5)}
    assert min(first.values()) > 60
    assert [one.service_id for one in ranked(*services)] == [one.service_id for one in ranked(*services)]


def test_scores_within_a_tenth_are_equal_and_beyond_it_are_not() -> None:
    near = [candidate(1, free=3), candidate(2, free=4)]
    far = [candidate(1, free=1), candidate(2, free=None)]
    assert {ranked(*near, number=number)[0].service_id for number in range(40)} == {
        service_id(1),
        service_id(2),
    }
    assert {ranked(*far, number=number)[0].service_id for number in range(40)} == {service_id(2)}


def test_the_place_that_begins_soonest_is_tried_first_and_a_begun_course_last() -> None:
    begun = unit(1, start_time=NOW - timedelta(days=3))
    soon = unit(2, start_time=NOW + timedelta(days=3))
    later = unit(3, start_time=NOW + timedelta(days=30))
    full = unit(4, 0, places=8, start_time=NOW + timedelta(days=1))
    proposal = ranked(candidate(units=(full, later, begun, soon)))[0]
    assert proposal.units == (soon, later, begun, full)
    assert proposal.free_places == 9
