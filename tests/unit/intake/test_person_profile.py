"""What matching is told is a band, and says no more than it must."""

from dataclasses import replace
from datetime import date

import pytest

from kernel.vocabulary import AgeBand, HouseholdBand, StatusAnswer
from services.intake.domain.beneficiary import Birth, Document, HouseholdMember, OptionalText
from services.intake.domain.person_profile import profile_of
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


def test_the_household_counts_the_person() -> None:
    alone = invented_person()
    assert profile_of(alone).household_band is HouseholdBand("1")
    family = replace(alone, household=(HouseholdMember("SPOUSE"), HouseholdMember("CHILD")))
    assert profile_of(family).household_band is HouseholdBand("3-4")


def test_a_new_phone_or_amka_changes_no_band_and_a_move_does() -> None:
    before = invented_person()
    bands = profile_of(before).bands(TODAY)
    assert profile_of(replace(before, contacts=(), amka=OptionalText("x"))).bands(TODAY) == bands
    assert profile_of(replace(before, district="ATHENS_1")).bands(TODAY) != bands
