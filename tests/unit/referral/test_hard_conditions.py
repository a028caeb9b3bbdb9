"""What a service must meet before it is proposed, and what is told where it does not."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from kernel.codes import AgeBand, HouseholdBand, LocationVisibility, Sex, StatusAnswer, Urgency
from services.referral.domain.candidate import Candidate
from services.referral.domain.matching import MatchPolicy, MatchResult, match
from services.referral.domain.profile import Profile
from tests.support.directory import NOW, agency_id, candidate, profile, referral_id, service_id, unit


def matched(need: Profile, *services: Candidate, **changes: Any) -> MatchResult:
    asked: dict[str, Any] = {"permitted": None, "declined": frozenset(), "now": NOW, "policy": MatchPolicy()}
    return match(need, services, referral_id=referral_id(), **(asked | changes))


def reason(need: Profile, service: Candidate, **changes: Any) -> str | None:
    """The exclusion of the only service; None where it is proposed."""
    return next(iter(matched(need, service, **changes).exclusions), None)


def warnings(need: Profile, service: Candidate, **changes: Any) -> tuple[str, ...]:
    return matched(need, service, **changes).proposals[0].warnings


def test_a_service_that_meets_every_condition_is_proposed() -> None:
    assert reason(profile(), candidate()) is None


def test_a_service_of_another_type_is_left_out() -> None:
    assert reason(profile(), candidate(service_type="FOOD")) == "TYPE"


@pytest.mark.parametrize(
    ("starts", "ends"),
    [(None, None), (-10, -1), (1, 10), (-10, 0)],
    ids=["none", "over", "later", "just over"],
)
def test_an_agency_without_an_agreement_in_force_is_left_out(starts: int | None, ends: int | None) -> None:
    def day(offset: int | None) -> Any:
        return None if offset is None else NOW + timedelta(days=offset)

    assert reason(profile(), candidate(agreement_from_time=day(starts), agreement_until_time=day(ends))) == (
        "AGREEMENT"
    )


def test_an_automatic_referral_goes_only_to_agencies_that_the_person_has_permitted() -> None:
    assert reason(profile(), candidate(1), permitted=frozenset({agency_id(2)})) == "CONSENT"
    assert reason(profile(), candidate(1), permitted=frozenset({agency_id(1)})) is None


def test_where_the_person_chooses_consent_excludes_nobody_and_is_shown() -> None:
    proposals = matched(
        profile(permitted_agency_ids=frozenset({agency_id(1)})), candidate(1), candidate(2)
    ).proposals
    assert {one.agency_id: one.permitted for one in proposals} == {agency_id(1): True, agency_id(2): False}


def test_a_suspended_service_is_left_out() -> None:
    assert reason(profile(), candidate(is_suspended=True)) == "SUSPENDED"


def test_a_service_for_other_districts_is_left_out() -> None:
    assert reason(profile(), candidate(areas=frozenset({"ATHENS_1"}))) == "AREA"
    assert reason(profile(), candidate(areas=frozenset({"ATHENS_6"}))) is None


def test_nobody_is_sent_where_they_must_not_go() -> None:
    assert reason(profile(avoided_districts=frozenset({"ATHENS_6"})), candidate()) == "AVOIDED"


def test_the_reason_for_a_hidden_place_does_not_tell_where_it_is() -> None:
    hidden = candidate(location_visibility=LocationVisibility.HIDDEN)
    assert reason(profile(avoided_districts=frozenset({"ATHENS_6"})), hidden) == "AREA"


def test_age_sex_and_household_rules_exclude_whom_they_do_not_name() -> None:
    assert reason(profile(), candidate(age_bands=frozenset({"BAND_15_17"}))) == "AGE"
    assert reason(profile(sex=Sex.M), candidate(sexes=frozenset({"F"}))) == "SEX"
    large = profile(household_band=HouseholdBand("7+"))
    assert reason(large, candidate(household_bands=frozenset({"1", "2"}))) == "HOUSEHOLD"


def test_what_nobody_knows_of_the_person_excludes_nothing_and_is_pointed_out() -> None:
    unknown = profile(age_band=None, district=None, languages=())
    picky = candidate(
        areas=frozenset({"ATHENS_1"}),
        age_bands=frozenset({AgeBand.BAND_0_5}),
        sexes=frozenset({"F"}),
        household_bands=frozenset({"1"}),
        status_rule="WORK_ALLOWED",
    )
    assert warnings(unknown, picky) == (
        "DISTRICT_NOT_KNOWN",
        "AGE_NOT_KNOWN",
        "SEX_NOT_KNOWN",
        "HOUSEHOLD_NOT_KNOWN",
        "STATUS_NOT_ASKED",
        "LANGUAGE_NOT_KNOWN",
    )


@pytest.mark.parametrize(
    ("answer", "without_proof", "with_proof"),
    [
        (StatusAnswer.YES, None, None),
        (StatusAnswer.NOT_VERIFIED, None, "STATUS"),
        (StatusAnswer.NOT_ASKED, None, "STATUS"),
        (StatusAnswer.NO, "STATUS", "STATUS"),
    ],
)
def test_an_unverified_status_excludes_only_where_proof_is_asked_for(
    answer: StatusAnswer, without_proof: str | None, with_proof: str | None
) -> None:
    need = profile(status_checks={"WORK_ALLOWED": answer})
    lenient = candidate(status_rule="WORK_ALLOWED")
    assert reason(need, lenient) == without_proof
    assert reason(need, replace(lenient, status_proof_needed=True)) == with_proof


def test_a_common_language_or_an_interpreter_is_needed() -> None:
    farsi = profile(languages=("pes",))
    assert reason(farsi, candidate(languages=frozenset({"ell"}))) == "LANGUAGE"
    with_interpreter = candidate(languages=frozenset({"ell"}), interpreter_languages=frozenset({"fas"}))
    assert warnings(farsi, with_interpreter) == ("INTERPRETER_TO_ARRANGE",)
    assert warnings(farsi, candidate(languages=frozenset({"pes"}))) == ()


def test_sorani_and_kurmanji_do_not_stand_for_each_other() -> None:
    assert reason(profile(languages=("ckb",)), candidate(languages=frozenset({"kmr"}))) == "LANGUAGE"


def test_a_close_language_is_asked_about_and_never_taken_for_granted() -> None:
    dari, persian = profile(languages=("prs",)), candidate(languages=frozenset({"fas"}))
    assert warnings(dari, persian) == ("LANGUAGE_TO_ASK",)
    assert reason(dari, persian, permitted=frozenset({agency_id(1)})) == "LANGUAGE"


def test_whoever_needs_step_free_access_is_not_sent_to_stairs() -> None:
    assert reason(profile(step_free_access_needed=True), candidate(step_free=False)) == "ACCESS"


def test_a_service_that_said_no_to_this_need_is_not_asked_again() -> None:
    assert reason(profile(), candidate(1), declined=frozenset({service_id(1)})) == "DECLINED"


def test_a_full_service_can_be_waited_for_and_one_without_places_cannot() -> None:
    full = matched(profile(), candidate(units=(unit(1, 0, places=5),))).proposals[0]
    assert (full.has_place, full.warnings) == (False, ("NO_FREE_PLACE",))
    assert reason(profile(), candidate(units=(unit(1, 0, places=0),))) == "NO_PLACE"
    assert reason(profile(), candidate(units=())) == "NO_PLACE"


NIGHT = NOW + timedelta(hours=14)


def test_an_emergency_at_night_goes_only_where_the_duty_phone_is_answered() -> None:
    emergency = profile(urgency=Urgency.EMERGENCY)
    assert reason(emergency, candidate()) is None
    assert reason(emergency, candidate(), now=NIGHT) == "CLOSED"
    assert reason(emergency, candidate(duty_phone="210 000 0000"), now=NIGHT) is None
    assert reason(profile(), candidate(), now=NIGHT) is None


def test_a_holiday_is_closed_and_the_next_opening_is_told() -> None:
    wednesday = frozenset({date(2026, 3, 4)})
    result = matched(profile(urgency=Urgency.EMERGENCY), candidate(), policy=MatchPolicy(holidays=wednesday))
    assert result.unmatched_reason == "NO_PLACE"
    assert result.reopens_time == NOW.replace(hour=7, minute=0) + timedelta(days=1)


def test_the_first_failing_condition_is_the_one_that_is_told() -> None:
    everything_wrong = candidate(
        agreement_until_time=None, is_suspended=True, languages=frozenset({"tur"}), units=()
    )
    assert reason(profile(), everything_wrong) == "AGREEMENT"
