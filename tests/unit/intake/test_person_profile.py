"""What matching is told is a band, and says no more than it must."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from kernel.vocabulary import AgeBand, HouseholdBand, Sex, StatusAnswer
from services.intake.domain.beneficiary import (
    MAY_BE_ABSENT,
    Absence,
    Birth,
    Document,
    Guardian,
    HouseholdMember,
    OptionalText,
)
from services.intake.domain.person_profile import PersonProfile, profile_of
from tests.support.people import invented_person

TODAY = date(2026, 11, 23)


def test_the_age_band_changes_on_the_birthday() -> None:
    profile = profile_of(invented_person(birth=Birth(date(2008, 11, 24))))
    assert profile.age_band(TODAY) is AgeBand.BAND_15_17
    assert profile.age_band(date(2026, 11, 24)) is AgeBand.BAND_18_24
    assert profile_of(invented_person(birth=Birth())).age_band(TODAY) is None


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        (Document("ASYLUM_CARD", "A-1", "VALID", date(2026, 11, 23)), StatusAnswer.YES),
        (Document("ASYLUM_CARD", "A-1", "VALID", date(2026, 11, 22)), StatusAnswer.NOT_VERIFIED),
        (Document("ASYLUM_CARD", "A-1", "RENEWAL_PENDING", date(2026, 1, 1)), StatusAnswer.YES),
        (Document("ASYLUM_CARD", "", "NOT_SEEN"), StatusAnswer.NOT_VERIFIED),
        (Document("ASYLUM_CARD", "A-1", "EXPIRED"), StatusAnswer.NOT_VERIFIED),
        (Document("PASSPORT", "P-1", "VALID"), StatusAnswer.NOT_VERIFIED),
    ],
)
def test_a_status_counts_as_seen_only_with_the_paper_that_shows_it(
    document: Document, answer: StatusAnswer
) -> None:
    answers = profile_of(invented_person(documents=(document,))).status_answers(TODAY)
    assert answers["ASYLUM_PROCEDURE"] is answer
    assert answers["PROTECTION_HOLDER"] is StatusAnswer.NO


@pytest.mark.parametrize(
    ("document", "covered"),
    [
        (Document("ASYLUM_CARD", "A-1", "VALID", date(2027, 3, 30)), "2027-02"),
        (Document("ASYLUM_CARD", "A-1", "VALID", date(2027, 3, 31)), "2027-03"),
        (Document("ASYLUM_CARD", "A-1", "VALID", date(2028, 2, 28)), "2028-01"),
        (Document("ASYLUM_CARD", "A-1", "VALID", date(2027, 1, 1)), "2026-12"),
        (Document("ASYLUM_CARD", "A-1", "VALID", date.max), "9999-12"),
        (Document("ASYLUM_CARD", "A-1", "VALID"), None),
        (Document("ASYLUM_CARD", "A-1", "RENEWAL_PENDING", date(2027, 3, 31)), None),
        (Document("ASYLUM_CARD", "A-1", "VALID", date(2026, 11, 22)), None),
        (Document("PASSPORT", "P-1", "VALID", date(2027, 3, 31)), None),
    ],
)
def test_a_proof_is_told_by_the_last_month_that_it_covers_wholly(
    document: Document, covered: str | None
) -> None:
    told = profile_of(invented_person(documents=(document,))).proof_months(TODAY)
    assert told.get("ASYLUM_PROCEDURE") == covered
    assert "PROTECTION_HOLDER" not in told  # not satisfied, so there is nothing to prove


CHILD = Birth(date(2012, 5, 4))
PARENT = Guardian("Invented Parent", "PARENT")
ORDER = Guardian("Invented Guardian", "GUARDIAN", "12/2024", TODAY)


@pytest.mark.parametrize(
    ("person", "group"),
    [
        ({}, 4),
        ({"specific_needs": ("CANNOT_READ",)}, 4),
        ({"specific_needs": ("CANNOT_READ", "CHRONIC_ILLNESS")}, 2),
        ({"specific_needs": ("CHRONIC_ILLNESS", "PREGNANT")}, 1),
        ({"birth": CHILD, "guardian": PARENT}, 3),
        ({"birth": CHILD, "guardian": ORDER}, 3),
        ({"birth": CHILD, "guardian": replace(ORDER, authority_expires_date=date(2026, 11, 22))}, 1),
        ({"birth": CHILD, "guardian": Guardian("", "NOT_APPOINTED")}, 1),
        ({"birth": CHILD}, 1),
        ({"birth": Birth(), "guardian": Guardian("", "NOT_APPOINTED")}, 1),
        ({"birth": Birth()}, 4),
        ({"birth": Birth(date(1961, 11, 23))}, 3),
        ({"birth": Birth(date(1961, 11, 24))}, 4),
        ({"household": (HouseholdMember("CHILD", 2008),)}, 3),
        ({"household": (HouseholdMember("CHILD", 2007),)}, 4),
        ({"household": (HouseholdMember("CHILD"),)}, 3),
        ({"household": (HouseholdMember("SIBLING", 2015),)}, 3),
        ({"household": (HouseholdMember("SIBLING"),)}, 4),
        ({"household": (HouseholdMember("SIBLING"),) * 4}, 3),
    ],
)
def test_the_first_published_group_with_a_cause_is_the_persons(person: dict[str, Any], group: int) -> None:
    assert profile_of(invented_person(**person)).priority_group(TODAY) == group


def test_a_grown_up_lacks_no_guardian_however_the_record_began() -> None:
    came_as_a_child = profile_of(invented_person(birth=CHILD, guardian=Guardian("", "NOT_APPOINTED")))
    assert came_as_a_child.priority_group(date(2030, 5, 3)) == 1
    assert came_as_a_child.priority_group(date(2030, 5, 4)) == 4


def test_a_profile_sealed_before_groups_were_told_puts_nobody_first() -> None:
    """It says nothing of needs or guardian, and no cause may be guessed from that."""
    assert PersonProfile(birth_date=CHILD.date).priority_group(TODAY) == 3
    assert PersonProfile(birth_date=date(1990, 1, 2)).priority_group(TODAY) == 4


def test_the_household_counts_the_person() -> None:
    alone = invented_person()
    assert profile_of(alone).household_band is HouseholdBand("1")
    family = replace(alone, household=(HouseholdMember("SPOUSE"), HouseholdMember("CHILD")))
    assert profile_of(family).household_band is HouseholdBand("3-4")


@pytest.mark.parametrize("why", Absence)
def test_a_household_of_which_nobody_has_told_is_not_taken_for_one_person(why: Absence) -> None:
    alone = invented_person()
    untold = profile_of(replace(alone, household_absence=why))
    assert untold.household_band is None
    assert untold.bands(TODAY) != profile_of(alone).bands(TODAY), "matching asks again"
    assert untold.priority_group(TODAY) == profile_of(alone).priority_group(TODAY)


def test_why_anything_else_is_empty_is_nothing_that_matching_is_told() -> None:
    empty = invented_person(
        sex=Sex.NOT_STATED, languages=(), contacts=(), legal_status="NOT_STATED", documents=(), district=""
    )
    reasons: dict[str, Any] = {
        f"{name}_absence": Absence.REFUSED for name in MAY_BE_ABSENT if name != "household"
    }
    assert profile_of(replace(empty, **reasons)) == profile_of(empty)


def test_a_new_phone_or_amka_changes_no_band_and_a_move_does() -> None:
    before = invented_person()
    bands = profile_of(before).bands(TODAY)
    assert profile_of(replace(before, contacts=(), amka=OptionalText("x"))).bands(TODAY) == bands
    assert profile_of(replace(before, district="ATHENS_1")).bands(TODAY) != bands


def test_a_change_within_one_group_or_month_changes_no_band_and_one_beyond_it_does() -> None:
    ill = invented_person(specific_needs=("CHRONIC_ILLNESS",))
    bands = profile_of(ill).bands(TODAY)
    assert profile_of(replace(ill, specific_needs=("WHEELCHAIR",))).bands(TODAY) == bands
    assert profile_of(replace(ill, specific_needs=("PREGNANT",))).bands(TODAY) != bands
    card = Document("ASYLUM_CARD", "A-1", "VALID", date(2031, 1, 31))
    assert profile_of(replace(ill, documents=(card,))).bands(TODAY) == bands
    a_day_less = replace(card, expires_date=date(2031, 1, 30))
    assert profile_of(replace(ill, documents=(a_day_less,))).bands(TODAY) != bands
