"""Lists that everything else is written in: they may grow, they may not change their meaning."""

import pytest

from kernel.codes import (
    ASSESSMENT_MASK,
    CATEGORIES,
    COMMITTEES,
    LAST_PRIORITY_GROUP,
    LEGAL_STATUSES,
    LISTS,
    PRIORITY_GROUPS,
    PURPOSES,
    REASONS,
    SECTORS,
    SERVICE_TYPES,
    STATUS_FAMILIES,
    VERSIONS,
    AgeBand,
    Category,
    HouseholdBand,
    StatusAnswer,
    band_of,
    categories_in,
    mask,
    purpose_of,
    reason,
    service_type,
    status_answer,
    travelling,
)
from kernel.errors import Invalid
from services.intake.domain.person_profile import household_band_of

PURPOSE_NUMBERS = {
    "SERVICE_HOUSING": 1,
    "SERVICE_HEALTH": 2,
    "SERVICE_MHPSS": 3,
    "SERVICE_PROTECTION": 4,
    "SERVICE_LEGAL": 5,
    "SERVICE_ADMINISTRATIVE": 6,
    "SERVICE_EDUCATION": 7,
    "SERVICE_LABOUR": 8,
    "SERVICE_BASIC_NEEDS": 9,
    "SERVICE_INTERPRETATION": 10,
    "SERVICE_COMMUNITY": 11,
    "MESSAGES": 12,
    "OUTCOME_FEEDBACK": 13,
}
"""Written into grants for ever: this test is the second place that must agree before one changes."""


def test_a_bit_of_a_category_never_changes() -> None:
    assert {code: entry.bit for code, entry in CATEGORIES.items()} == {c.name: c.value for c in Category}
    assert max(Category) < 63


def test_a_number_of_a_purpose_never_changes() -> None:
    assert {code: entry.number for code, entry in PURPOSES.items()} == PURPOSE_NUMBERS
    assert max(PURPOSE_NUMBERS.values()) <= 24


def test_every_list_has_a_version() -> None:
    assert all(version >= 1 for version in VERSIONS.values())


def test_everything_has_a_greek_and_an_english_name() -> None:
    tables = [SERVICE_TYPES, SECTORS, COMMITTEES, CATEGORIES, PURPOSES, LEGAL_STATUSES, STATUS_FAMILIES]
    tables.append(PRIORITY_GROUPS)
    for entry in [e for t in [*tables, *REASONS.values(), *LISTS.values()] for e in t.values()]:
        assert any("Α" <= letter <= "ώ" for letter in entry.el), entry
        assert entry.en.isascii(), entry


@pytest.mark.parametrize(
    "ask",
    [
        lambda: service_type("TEAPOT"),
        lambda: purpose_of("TEAPOT"),
        lambda: reason("DECLINE", "TEAPOT"),
        lambda: reason("TEAPOT", "OTHER"),
        lambda: travelling("RETURN", "TEAPOT"),
        lambda: mask(["TEAPOT"]),
        lambda: categories_in(1 << 62),
    ],
)
def test_an_unknown_code_fails_loudly(ask) -> None:  # type: ignore[no-untyped-def]  # one test for many kinds of code
    with pytest.raises(Invalid) as refusal:
        ask()
    assert refusal.value.stable_reason == "UNKNOWN_CODE"


def test_six_committees_share_all_service_types() -> None:
    assert len(COMMITTEES) == 6
    assert {entry.committee for entry in SERVICE_TYPES.values()} == set(COMMITTEES)
    assert {entry.sector for entry in SERVICE_TYPES.values()} == set(SECTORS)


def test_all_of_protection_and_two_of_health_are_restricted() -> None:
    restricted = {code for code, entry in SERVICE_TYPES.items() if entry.restricted}
    protection = {code for code, entry in SERVICE_TYPES.items() if entry.sector == "PROTECTION"}
    assert restricted == protection | {"SEXUAL_HEALTH", "SUBSTANCE_USE"}


def test_assessment_releases_name_languages_and_safe_contact_only() -> None:
    assert categories_in(ASSESSMENT_MASK) == ["NAME", "LANGUAGES", "SAFE_CONTACT"]


def test_acceptance_releases_at_least_what_assessment_does() -> None:
    for entry in SERVICE_TYPES.values():
        assert entry.needed_mask & ASSESSMENT_MASK == ASSESSMENT_MASK
        assert list(entry.needed) == categories_in(entry.needed_mask)


def test_no_service_needs_a_protection_incident_but_those_that_protect() -> None:
    assert {e.sector for e in SERVICE_TYPES.values() if "PROTECTION" in e.needed} == {"PROTECTION"}


def test_a_mask_gives_back_its_names() -> None:
    for bits in range(1 << len(Category)):
        assert mask(categories_in(bits)) == bits


def test_a_service_sees_data_for_the_purpose_of_its_sector() -> None:
    assert purpose_of("FOOD").code == "SERVICE_BASIC_NEEDS"
    for code, entry in SERVICE_TYPES.items():
        assert purpose_of(code).code == f"SERVICE_{entry.sector}"


def test_only_reasons_that_say_nothing_about_the_person_travel() -> None:
    travels = {
        f"{name}.{code}" for name, rows in REASONS.items() for code, row in rows.items() if row.travels
    }
    assert travels == {
        "DECLINE.NO_CAPACITY",
        "DECLINE.SERVICE_SUSPENDED",
        "DECLINE.NOT_OUR_SERVICE",
        "RETURN.CAPACITY_LOST",
        "NOT_COMPLETED.SERVICE_STOPPED",
        "UNMATCHED.NO_SERVICE",
        "UNMATCHED.NO_PLACE",
        "UNMATCHED.NO_AGREEMENT",
        "CANCEL.DUPLICATE",
        "CANCEL.REPLACED",
        "OVERRIDE.DIRECTORY_OUT_OF_DATE",
        "OFFER_ENDED.EXPIRED",
        "OFFER_ENDED.SERVICE_SUSPENDED",
        "OFFER_ENDED.AGREEMENT_ENDED",
        "OFFER_ENDED.ACTIVITY_OVER",
        "OFFER_ENDED.REFERRAL_CANCELLED",
        "OFFER_ENDED.ENTERED_IN_ERROR",
        "OFFER_ENDED.HANDED_OVER",
        "OFFER_ENDED.HANDOVER_REFUSED",
    }
    assert travelling("DECLINE", "NO_CAPACITY") == "NO_CAPACITY"
    assert travelling("PERSON", "AFRAID") == "WITHHELD"
    assert travelling("NOT_COMPLETED", "DECEASED") == "WITHHELD"


def test_other_needs_text_and_safety_takes_none() -> None:
    for rows in REASONS.values():
        for code, row in rows.items():
            assert row.needs_text == (code == "OTHER")
            assert not (row.needs_text and row.takes_no_text)
    assert reason("DECLINE", "CONFLICT_OR_SAFETY").takes_no_text
    assert reason("DECLINE", "CONFLICT_OR_SAFETY").supervisor_only


def test_a_full_or_silent_service_may_be_asked_again() -> None:
    assert reason("DECLINE", "NO_CAPACITY").retry_allowed
    assert reason("OFFER_ENDED", "EXPIRED").retry_allowed
    assert not reason("DECLINE", "NOT_ELIGIBLE_AGE").retry_allowed


def test_a_missing_consent_is_no_gap_in_services() -> None:
    assert [code for code, row in REASONS["UNMATCHED"].items() if row.no_gap] == ["NO_CONSENT"]


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (0, "BAND_0_5"),
        (5, "BAND_0_5"),
        (6, "BAND_6_11"),
        (14, "BAND_12_14"),
        (17, "BAND_15_17"),
        (18, "BAND_18_24"),
        (44, "BAND_25_44"),
        (64, "BAND_45_64"),
        (65, "BAND_65_PLUS"),
        (104, "BAND_65_PLUS"),
    ],
)
def test_an_age_has_one_band(age: int, band: str) -> None:
    assert band_of(age) is AgeBand(band)


@pytest.mark.parametrize("age", [-1, 131])
def test_an_impossible_age_is_refused(age: int) -> None:
    with pytest.raises(Invalid):
        band_of(age)


def test_every_age_is_in_the_band_that_names_it() -> None:
    for age in range(131):
        first, last = band_of(age).years
        assert first <= age <= last


def test_a_household_has_one_band() -> None:
    bands = ["1", "2", "3-4", "3-4", "5-6", "5-6", "7+", "7+"]
    assert [household_band_of(people) for people in range(1, 9)] == [HouseholdBand(band) for band in bands]


def test_a_status_counts_only_once_its_proof_was_seen() -> None:
    assert status_answer("LEGAL_RESIDENT", "REFUGEE", proof_seen=True) is StatusAnswer.YES
    assert status_answer("LEGAL_RESIDENT", "REFUGEE", proof_seen=False) is StatusAnswer.NOT_VERIFIED
    assert status_answer("LEGAL_RESIDENT", "ASYLUM_APPLICANT", proof_seen=True) is StatusAnswer.NO
    assert status_answer("LEGAL_RESIDENT", "NO_PROOF", proof_seen=False) is StatusAnswer.NOT_VERIFIED
    assert status_answer("LEGAL_RESIDENT", "NOT_STATED", proof_seen=False) is StatusAnswer.NOT_ASKED


def test_every_rule_family_accepts_known_statuses_only() -> None:
    for family in STATUS_FAMILIES.values():
        assert family.accepts
        assert family.accepts <= set(LEGAL_STATUSES) - {"NO_PROOF", "NOT_STATED"}


def test_priority_groups_are_numbered_from_one_and_the_last_is_everybody_else() -> None:
    assert list(PRIORITY_GROUPS) == [str(number) for number in range(1, LAST_PRIORITY_GROUP + 1)]
    assert LAST_PRIORITY_GROUP <= 9  # as the contract says
    assert [code for code, group in PRIORITY_GROUPS.items() if not group.causes] == [str(LAST_PRIORITY_GROUP)]


def test_no_number_of_a_priority_group_gives_its_cause_away() -> None:
    causes = [cause for group in PRIORITY_GROUPS.values() for cause in group.causes]
    assert len(set(causes)) == len(causes)
    assert set(causes) <= set(LISTS["SPECIFIC_NEEDS"]) | set(LISTS["CIRCUMSTANCES"])
    assert set(LISTS["CIRCUMSTANCES"]) <= set(causes)
    for group in list(PRIORITY_GROUPS.values())[:-1]:
        assert len(group.causes) >= 3, group
