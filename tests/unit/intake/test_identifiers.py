"""The same number is the same person, however it was typed."""

import pytest

from services.intake.domain.beneficiary import Document, OptionalText
from services.intake.domain.identifiers import (
    IdentifierField,
    exact_identifiers,
    normalised_amka,
    normalised_document_number,
    normalised_phone,
)
from tests.support.people import invented_amka, invented_person


@pytest.mark.parametrize(
    "typed",
    [
        "6912345678",
        "691 234 5678",
        "+30 691-234-5678",
        "0030 6912345678",
        "306912345678",
        "٦٩١٢٣٤٥٦٧٨",
        "۶۹۱۲۳۴۵۶۷۸",
    ],
)
def test_a_greek_number_is_one_number_however_it_is_typed(typed: str) -> None:
    assert normalised_phone(typed) == "+306912345678"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+963 11 222 3333", "+963112223333"),
        ("0049 (30) 1234567", "+49301234567"),
        ("2101234567", "+302101234567"),
    ],
)
def test_numbers_abroad_and_landlines_are_understood(typed: str, kept: str) -> None:
    assert normalised_phone(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "691234567", "69123456789", "+30 5912345678", "+0123456", "call me", "112"]
)
def test_what_is_no_telephone_number_is_not_guessed(typed: str) -> None:
    assert normalised_phone(typed) is None


def test_a_document_number_is_the_same_in_greek_and_latin_capitals() -> None:
    assert normalised_document_number("ΑΒ 12-34") == normalised_document_number("ab1234") == "AB1234"
    assert normalised_document_number("-1-") is None


def test_the_last_digit_of_an_amka_checks_the_others() -> None:
    right = invented_amka(123)
    assert normalised_amka(f"{right[:6]} {right[6:]}") == right
    assert normalised_amka(right[:-1] + str((int(right[-1]) + 1) % 10)) is None
    assert normalised_amka(right[:-1]) is None


def test_a_family_paper_does_not_make_two_people_one() -> None:
    person = invented_person(
        documents=(
            Document("MARRIAGE_CERTIFICATE", "M-123", "VALID"),
            Document("PASSPORT", "P-123", "VALID"),
        ),
        amka=OptionalText(invented_amka(5)),
    )
    unique = {
        one.value: one.is_unique for one in exact_identifiers(person) if one.field is IdentifierField.DOCUMENT
    }
    assert unique == {"M123": False, "P123": True}
