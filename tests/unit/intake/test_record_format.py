"""What is sealed of a person lies with what it belongs to; what earlier releases have sealed is read."""

import json
from dataclasses import replace
from typing import Any

import pytest

from services.intake.adapters.record_format import (
    FIELDS,
    corrected_categories,
    fields_in,
    fields_of_class,
    key_class_of,
    pieces_of,
    plain_values,
    profile_in,
)
from services.intake.domain.beneficiary import MAY_BE_ABSENT, Absence, Beneficiary
from services.intake.domain.person_profile import PersonProfile, profile_of
from services.intake.entrypoints.disclosure_server import disclosed_message
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


def test_a_person_sealed_before_reasons_were_told_is_read_and_has_none() -> None:
    known = {name: value for piece in BEFORE_REASONS.values() for name, value in fields_in(piece).items()}
    person = Beneficiary(**known)
    assert person.avoided_districts == ("ATHENS_1",)
    assert [person.absence_of(name) for name in MAY_BE_ABSENT] == [None] * len(MAY_BE_ABSENT)
    reasons: dict[str, Any] = {f"{name}_absence": Absence.NOT_ASKED for name in MAY_BE_ABSENT}
    assert not set(BEFORE_REASONS) & set(corrected_categories(known, replace(person, **reasons)))


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
    person = invented_person()
    known = {one: getattr(person, one) for one in Beneficiary.__dataclass_fields__}
    reason: dict[str, Any] = {f"{name}_absence": Absence.UNKNOWN}
    assert corrected_categories(known, replace(person, **reason)) == []


def test_no_reason_goes_to_whom_the_field_is_disclosed() -> None:
    person = invented_person(**{f"{name}_absence": Absence.REFUSED for name in MAY_BE_ABSENT})
    fields = {one: getattr(person, one) for one in Beneficiary.__dataclass_fields__}
    silent = {name: value for name, value in fields.items() if not name.endswith("_absence")}
    assert disclosed_message(fields) == disclosed_message(silent)


def test_an_export_says_why_a_field_is_empty() -> None:
    assert plain_values({"sex_absence": Absence.REFUSED, "district_absence": None}) == {
        "sex_absence": "REFUSED",
        "district_absence": None,
    }
