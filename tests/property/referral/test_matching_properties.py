"""What matching promises for every directory and every need."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.codes import AgeBand, HouseholdBand, LocationVisibility, Sex, StatusAnswer, Urgency
from services.referral.domain.candidate import Candidate
from services.referral.domain.conditions import HARD_CONDITIONS, Exclusion, outlasts_proof
from services.referral.domain.matching import MatchPolicy, MatchResult, match
from services.referral.domain.profile import Profile
from services.referral.domain.reading_aloud import term_sentence
from tests.support.directory import NOW, agency_id, candidate, profile, referral_id, service_id, unit

FEWER = settings(max_examples=settings().max_examples // 3)
"""A directory takes long to invent."""
LANGUAGES = ("ell", "eng", "ara", "arz", "pes", "prs", "fas", "ckb", "kmr", "urd")
PROOFS: tuple[dict[str, str], ...] = (
    {},
    {"WORK_ALLOWED": "2026-02"},
    {"WORK_ALLOWED": "2026-04"},
    {"WORK_ALLOWED": "2027-01"},
)
DISTRICTS = tuple(f"ATHENS_{number}" for number in range(1, 8))


def some(*values: str) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(values), max_size=3)


@st.composite
def candidates(draw: st.DrawFn, number: int) -> Candidate:
    free = draw(st.sampled_from([None, -2, 0, 1, 2, 9]))
    units = tuple(
        unit(
            number * 10 + index,
            free,
            declared_time=NOW - timedelta(days=draw(st.integers(0, 20))),
            start_time=draw(st.sampled_from([None, NOW - timedelta(days=1), NOW + timedelta(days=9)])),
            end_time=draw(st.sampled_from([None, NOW + timedelta(days=20), NOW + timedelta(days=90)])),
        )
        for index in range(draw(st.integers(0, 2)))
    )
    return candidate(
        number,
        service_type=draw(st.sampled_from(["GREEK_A1", "GREEK_A1", "GREEK_A1", "FOOD"])),
        location_visibility=draw(st.sampled_from(LocationVisibility)),
        district=draw(st.sampled_from(DISTRICTS)),
        areas=draw(some(*DISTRICTS)),
        age_bands=draw(some(*AgeBand)),
        sexes=draw(some("F", "M", "X")),
        household_bands=draw(some(*HouseholdBand)),
        status_rule=draw(st.sampled_from(["", "", "WORK_ALLOWED"])),
        status_proof_needed=draw(st.booleans()),
        status_proof_until_end=draw(st.booleans()),
        languages=draw(some(*LANGUAGES)),
        interpreter_languages=draw(some(*LANGUAGES)),
        step_free=draw(st.booleans()),
        duty_phone=draw(st.sampled_from(["", "210 000 0000"])),
        is_suspended=draw(st.sampled_from([False, False, True])),
        agreement_until_time=draw(st.sampled_from([NOW + timedelta(days=1)] * 3 + [None])),
        start_cases=draw(st.integers(0, 40)),
        start_median_seconds=draw(st.none() | st.floats(0, 1e7)),
        sector_start_mean_seconds=draw(st.none() | st.floats(0, 1e7)),
        units=units,
    )


@st.composite
def directories(draw: st.DrawFn) -> list[Candidate]:
    return [draw(candidates(number)) for number in range(1, draw(st.integers(1, 5)))]


@st.composite
def needs(draw: st.DrawFn) -> Profile:
    return profile(
        urgency=draw(st.sampled_from(Urgency)),
        district=draw(st.none() | st.sampled_from(DISTRICTS)),
        avoided_districts=draw(some(*DISTRICTS[:2])),
        languages=tuple(draw(st.lists(st.sampled_from(LANGUAGES), unique=True, max_size=3))),
        age_band=draw(st.none() | st.sampled_from(AgeBand)),
        sex=draw(st.none() | st.sampled_from(Sex)),
        status_checks={"WORK_ALLOWED": draw(st.sampled_from(StatusAnswer))},
        proof_months=draw(st.sampled_from(PROOFS)),
        step_free_access_needed=draw(st.booleans()),
        household_band=draw(st.none() | st.sampled_from(HouseholdBand)),
    )


permissions = st.none() | st.frozensets(st.integers(1, 6).map(agency_id))
refusals = st.frozensets(st.integers(1, 6).map(service_id), max_size=2)


def matched(need: Profile, services: list[Candidate], **changes: Any) -> MatchResult:
    asked: dict[str, Any] = {"now": NOW, "policy": MatchPolicy(), "permitted": None, "declined": frozenset()}
    return match(need, services, referral_id=referral_id(), **(asked | changes))


@FEWER
@given(needs(), directories(), permissions, refusals, st.randoms())
def test_the_order_in_which_services_are_read_changes_nothing(
    need: Profile, services: list[Candidate], permitted: Any, declined: Any, order: Any
) -> None:
    shuffled = list(services)
    order.shuffle(shuffled)
    units_shuffled = [replace(one, units=tuple(reversed(one.units))) for one in shuffled]
    first = matched(need, services, permitted=permitted, declined=declined)
    again = matched(need, shuffled, permitted=permitted, declined=declined)
    assert again == first
    other = matched(need, units_shuffled, permitted=permitted, declined=declined)
    assert [one.service_id for one in other.proposals] == [one.service_id for one in first.proposals]
    assert [one.units for one in other.proposals] == [one.units for one in first.proposals]


@FEWER
@given(needs(), directories(), permissions, refusals)
def test_every_service_is_proposed_or_left_out_for_one_reason(
    need: Profile, services: list[Candidate], permitted: Any, declined: Any
) -> None:
    result = matched(need, services, permitted=permitted, declined=declined)
    told = [one.service_id for one in result.proposals] + [one.service_id for one, _ in result.excluded]
    assert sorted(told) == sorted(one.service_id for one in services)
    assert sum(result.exclusions.values()) == len(result.excluded)
    assert (result.unmatched_reason is None) == bool(result.proposals)


@FEWER
@given(needs(), directories(), permissions, refusals, st.sampled_from(Exclusion))
def test_asking_less_never_removes_a_service(
    need: Profile, services: list[Candidate], permitted: Any, declined: Any, without: Exclusion
) -> None:
    fewer = tuple(pair for pair in HARD_CONDITIONS if pair[0] is not without)
    all_asked = matched(need, services, permitted=permitted, declined=declined)
    fewer_asked = matched(
        need, services, permitted=permitted, declined=declined, policy=MatchPolicy(conditions=fewer)
    )
    assert {one.service_id for one in all_asked.proposals} <= {
        one.service_id for one in fewer_asked.proposals
    }
    assert without not in fewer_asked.exclusions


@FEWER
@given(needs(), directories(), permissions, refusals)
def test_what_is_never_proposed_is_never_proposed(
    need: Profile, services: list[Candidate], permitted: Any, declined: Any
) -> None:
    for one in matched(need, services, permitted=permitted, declined=declined).proposals:
        assert one.candidate.service_type == need.service_type
        assert not one.candidate.is_suspended
        assert one.candidate.has_agreement(NOW)
        assert permitted is None or one.agency_id in permitted
        assert one.service_id not in declined
        assert one.candidate.district not in need.avoided_districts
        assert one.units


@FEWER
@given(needs(), directories())
def test_free_places_come_before_waiting_and_known_before_unknown(
    need: Profile, services: list[Candidate]
) -> None:
    ranks = [
        (not one.has_place, one.has_place and one.units[0].freshness(NOW) == "UNKNOWN")
        for one in matched(need, services).proposals
    ]
    assert ranks == sorted(ranks)


@FEWER
@given(needs(), directories())
def test_within_one_rank_nothing_is_more_than_a_tenth_better_than_what_stands_before_it(
    need: Profile, services: list[Candidate]
) -> None:
    proposals = matched(need, services).proposals
    for earlier, later in pairwise(proposals):
        same_rank = earlier.has_place == later.has_place and (
            not earlier.has_place
            or (earlier.units[0].freshness(NOW) == "UNKNOWN") == (later.units[0].freshness(NOW) == "UNKNOWN")
        )
        assert not same_rank or later.score <= earlier.score / 0.9 + 1e-6


@FEWER
@given(needs(), directories())
def test_scores_lie_between_0_and_1_and_every_term_can_be_read_aloud(
    need: Profile, services: list[Candidate]
) -> None:
    for one in matched(need, services).proposals:
        assert 0 <= one.score <= 1
        for term in one.terms:
            assert 0 <= term.value <= 1
            assert term_sentence(term).el
            assert term_sentence(term).en


@FEWER
@given(needs(), directories(), st.sampled_from(Sex), st.sampled_from(StatusAnswer))
def test_sex_and_status_change_no_score(
    need: Profile, services: list[Candidate], sex: Sex, answer: StatusAnswer
) -> None:
    other = replace(need, sex=sex, status_checks={"WORK_ALLOWED": answer})
    scores = {one.service_id: one.score for one in matched(need, services).proposals}
    for one in matched(other, services).proposals:
        assert scores.get(one.service_id, one.score) == one.score


@FEWER
@given(needs(), directories(), st.sampled_from(PROOFS))
def test_how_long_a_proof_lasts_changes_warnings_and_what_the_rule_asks_and_nothing_else(
    need: Profile, services: list[Candidate], other: dict[str, str]
) -> None:
    """Without the rule: the same services, units and scores. With it: no unit beyond the proof."""
    lasting = replace(need, proof_months={})
    without_rule = [replace(one, status_proof_until_end=False) for one in services]
    told = {"DOCUMENT_ENDS_BEFORE_ACTIVITY"}
    for one, same in zip(
        matched(replace(need, proof_months=other), without_rule).proposals,
        matched(lasting, without_rule).proposals,
        strict=True,
    ):
        assert (one.service_id, one.units, one.score) == (same.service_id, same.units, same.score)
        assert set(one.warnings) - told == set(same.warnings)
    for one in matched(need, services).proposals:
        beyond = [unit for unit in one.units if outlasts_proof(need, one.candidate, unit)]
        assert not (one.candidate.status_proof_until_end and beyond)
        assert (one.units[0] in beyond) == bool(told & set(one.warnings))


@FEWER
@given(needs(), directories(), permissions)
def test_a_place_more_or_less_changes_who_fits_for_nobody_else(
    need: Profile, services: list[Candidate], permitted: Any
) -> None:
    """Conditions look at one service at a time."""
    alone = {one.service_id for one in services if matched(need, [one], permitted=permitted).proposals}
    together = {one.service_id for one in matched(need, services, permitted=permitted).proposals}
    assert alone == together
