"""What is sealed of a person lies with what it belongs to; what earlier releases have sealed is read."""

import json
from dataclasses import replace
from typing import Any

import pytest

from services.intake.adapters.record_format import (
    FIELDS,
    corrected_categories,
    disclosed_fields,
    fields_in,
    fields_of_class,
    key_class_of,
    pieces_of,
    plain_values,
    profile_in,
)
from services.intake.domain.beneficiary import MAY_BE_ABSENT, Absence, Beneficiary, HouseholdMember
from services.intake.domain.person_profile import PersonProfile, profile_of
from services.intake.entrypoints.disclosure_server import disclosed_message
from services.intake.use_cases.destroy_keys import without
from tests.support.people import invented_person

BEFORE_REASONS = {
    "LANGUAGES": b'{"languages":[{"language":"ara","level":"NATIVE"}],"interpreter_needed":true,'
    b'"interpreter_wishes":""}',
    "SAFE_CONTACT": b'{"contacts":[]}',
    "BIRTH_AND_SEX": b'{"birth":{"date":"1990-03-15","absence":null,"estimated":false},"sex":"NOT_STATED"}',
    "FAMILY": b'{"household":[]}',
    "STATUS": b'{"legal_status":"NOT_STATED"}',
    "DOCUMENTS": b'{"documents":[],"amka":{"value":null,"absence":"NOT_ASKED"}}',
    "PLACE": b'{"district":"","avoided_districts":["ATHENS_1"]}',
}
"""As the release sealed them that knew reasons for birth, nationality and AMKA alone. Kept for ever."""


def _known(person: Beneficiary) -> dict[str, Any]:
    return {name: getattr(person, name) for name in Beneficiary.__dataclass_fields__}


def test_a_person_sealed_before_reasons_were_told_is_read_and_has_none() -> None:
    known = {name: value for piece in BEFORE_REASONS.values() for name, value in fields_in(piece).items()}
    person = Beneficiary(**known)
    assert person.avoided_districts == ("ATHENS_1",)
    assert [person.absence_of(name) for name in MAY_BE_ABSENT] == [None] * len(MAY_BE_ABSENT)
    reasons: dict[str, Any] = {f"{name}_absence": Absence.NOT_ASKED for name in MAY_BE_ABSENT}
    corrected = set(corrected_categories(known, replace(person, **reasons)))
    assert set(BEFORE_REASONS) & corrected == {"FAMILY"}, "who lives alone by then is now of nobody known"


def test_a_profile_sealed_before_reasons_were_told_counts_the_household() -> None:
    assert profile_in(b'{"household_size":3}').household_band == "3-4"
    assert PersonProfile().household_band == "1"


@pytest.mark.parametrize("name", MAY_BE_ABSENT)
def test_a_reason_lies_under_the_key_of_its_field_and_goes_with_it(name: str) -> None:
    [category] = [one for one, fields in FIELDS.items() if name in fields]
    assert f"{name}_absence" in FIELDS[category]
    assert f"{name}_absence" in fields_of_class(key_class_of(category))
    person = invented_person(**{f"{name}_absence": Absence.REFUSED})
    pieces = pieces_of(person, "KEM-2026-000001-A", profile_of(person))
    assert [one for one, piece in pieces.items() if b"REFUSED" in piece] == [category]
    assert json.loads(pieces[category])[f"{name}_absence"] == "REFUSED"


@pytest.mark.parametrize("name", MAY_BE_ABSENT)
def test_another_reason_corrects_nothing_that_anybody_was_given(name: str) -> None:
    person = invented_person(**{f"{name}_absence": Absence.REFUSED})
    reason: dict[str, Any] = {f"{name}_absence": Absence.UNKNOWN}
    assert corrected_categories(_known(person), replace(person, **reason)) == []
    none: dict[str, Any] = {f"{name}_absence": None}
    corrected = corrected_categories(_known(person), replace(person, **none))
    assert corrected == (["FAMILY"] if name == "household" else [])


@pytest.mark.parametrize("why", Absence)
def test_a_household_that_becomes_known_or_unknown_is_corrected(why: Absence) -> None:
    alone, unknown = invented_person(), invented_person(household_absence=why)
    assert corrected_categories(_known(alone), replace(alone, household_absence=why)) == ["FAMILY"]
    with_a_child = replace(unknown, household=(HouseholdMember("CHILD"),), household_absence=None)
    for known in (replace(unknown, household_absence=None), with_a_child):
        assert corrected_categories(_known(unknown), known) == ["FAMILY"]


def test_no_reason_goes_to_whom_the_field_is_disclosed() -> None:
    person = invented_person(**{f"{name}_absence": Absence.REFUSED for name in MAY_BE_ABSENT})
    told = disclosed_fields(_known(person))
    assert not [name for name in told if name.endswith("_absence")]
    assert "REFUSED" not in str(told.values())
    silent = {name: value for name, value in _known(person).items() if not name.endswith("_absence")}
    message = disclosed_message(told)
    assert message.household_not_known
    message.household_not_known = False
    assert message == disclosed_message(silent)


def test_whether_a_household_is_known_is_told_with_it_alone() -> None:
    assert disclosed_fields({"household": (), "household_absence": None})["household_not_known"] is False
    assert disclosed_fields({"household": (), "household_absence": Absence.UNKNOWN}) == {
        "household": (),
        "household_not_known": True,
    }
    assert disclosed_fields({"languages": (), "languages_absence": Absence.UNKNOWN}) == {"languages": ()}


def test_whose_household_was_destroyed_is_not_said_to_live_alone() -> None:
    person = invented_person(household=(HouseholdMember("CHILD"),))
    gone = without(person, ["core"])
    assert disclosed_fields(_known(gone))["household_not_known"]
    assert profile_of(gone).household_band is None
    assert not disclosed_fields(_known(without(person, ["contact"])))["household_not_known"]


def test_an_export_says_why_a_field_is_empty() -> None:
    assert plain_values({"sex_absence": Absence.REFUSED, "district_absence": None}) == {
        "sex_absence": "REFUSED",
        "district_absence": None,
    }
