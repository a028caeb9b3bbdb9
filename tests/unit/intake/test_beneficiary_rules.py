"""What a record is refused for: the field is named in plain words, what was typed is not repeated."""

from datetime import date
from typing import Any

import pytest

from kernel.vocabulary import Sex
from services.intake.domain.beneficiary import (
    MAY_BE_ABSENT,
    Absence,
    Birth,
    Contact,
    ContactKind,
    Document,
    Guardian,
    HouseholdMember,
    LanguageLevel,
    LanguageSkill,
    Name,
    Names,
    OptionalText,
)
from services.intake.domain.beneficiary_rules import BeneficiaryInvalid, checked
from tests.support.people import invented_person

TODAY = date(2026, 11, 23)
CHILD = Birth(date(2015, 5, 5))


def _complaint(**changes: Any) -> BeneficiaryInvalid:
    with pytest.raises(BeneficiaryInvalid) as refused:
        checked(invented_person(**changes), TODAY)
    assert refused.value.stable_reason == "BENEFICIARY_NOT_VALID"
    return refused.value


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"names": Names(Name("آمنة"), Name(""))}, "names.latin"),
        ({"names": Names(Name("آمنة"), Name("آمنة"))}, "names.latin.given"),
        ({"names": Names(Name("آمنة"), Name("Amna", "Αλ"))}, "names.latin.family"),
        ({"names": Names(Name("آمنة2"), Name("Amna"))}, "names.original.given"),
        ({"names": Names(Name(""), Name("--"))}, "names.latin.given"),
        ({"names": Names(Name("X"), Name("X"), withheld=True)}, "names.withheld"),
        ({"birth": Birth()}, "birth"),
        ({"birth": Birth(date(1990, 1, 2), Absence.UNKNOWN)}, "birth"),
        ({"birth": Birth(date(2026, 11, 24))}, "birth.date"),
        ({"birth": Birth(date(1899, 5, 5))}, "birth.date"),
        ({"nationality": OptionalText("XYZ")}, "nationality"),
        ({"nationality": OptionalText()}, "nationality"),
        ({"languages": ()}, "languages"),
        ({"languages": (LanguageSkill("xxx", LanguageLevel.NATIVE),)}, "languages[0].language"),
        ({"languages": (LanguageSkill("ara", LanguageLevel.NATIVE),) * 2}, "languages"),
        ({"contacts": (Contact(ContactKind.PHONE, "12345", 9, 14),)}, "contacts[0].value"),
        ({"contacts": (Contact(ContactKind.EMAIL, "nobody", 9, 14),)}, "contacts[0].value"),
        ({"contacts": (Contact(ContactKind.EMAIL, "a@b.gr", 14, 9),)}, "contacts[0].until_hour"),
        ({"household": (HouseholdMember("COUSIN_OF"),)}, "household[0].relation"),
        ({"household": (HouseholdMember("CHILD", 2050),)}, "household[0].birth_year"),
        ({"specific_needs": ("TEAPOT",)}, "specific_needs[0]"),
        ({"legal_status": "TEAPOT"}, "legal_status"),
        ({"documents": (Document("TEAPOT", "123", "VALID"),)}, "documents[0].kind"),
        ({"documents": (Document("PASSPORT", "123", "LOST"),)}, "documents[0].state"),
        ({"documents": (Document("PASSPORT", "1", "VALID"),)}, "documents[0].number"),
        ({"amka": OptionalText("12345678901")}, "amka"),
        ({"amka": OptionalText()}, "amka"),
        ({"district": "ATHENS_9"}, "district"),
        ({"avoided_districts": ("ATHENS_1", "PIRAEUS_1")}, "avoided_districts[1]"),
        ({"birth": CHILD}, "guardian"),
        ({"guardian": Guardian("Invented Parent", "PARENT")}, "guardian"),
        ({"birth": CHILD, "guardian": Guardian("Somebody", "AUNT_OF")}, "guardian.relation"),
        ({"birth": CHILD, "guardian": Guardian("", "PARENT")}, "guardian.name"),
        ({"birth": CHILD, "guardian": Guardian("Somebody", "NOT_APPOINTED")}, "guardian.name"),
        ({"birth": CHILD, "guardian": Guardian("Somebody", "GUARDIAN")}, "guardian.authority_reference"),
    ],
)
def test_a_wrong_field_is_named(changes: dict[str, Any], field: str) -> None:
    refused = _complaint(**changes)
    assert refused.metadata["field"] == field
    assert refused.message.startswith(f"{field}: ")


def test_every_complaint_is_told_at_once() -> None:
    refused = _complaint(district="ATHENS_9", legal_status="TEAPOT", languages=())
    assert refused.metadata["fields"] == "languages,legal_status,district"


def test_a_hopeless_record_is_told_in_few_words() -> None:
    refused = _complaint(documents=tuple(Document("TEAPOT", "1", "LOST") for _ in range(20)))
    assert refused.message.endswith("And 50 more.")
    assert refused.metadata["fields"].count(",") == 9


def test_no_complaint_repeats_what_was_typed() -> None:
    refused = _complaint(
        names=Names(Name("Secret1"), Name("Тайна", "Secret2")),
        contacts=(Contact(ContactKind.PHONE, "69123", 9, 14),),
        amka=OptionalText("98765432109"),
    )
    for typed in ("Secret", "Тайна", "69123", "98765432109"):
        assert typed not in refused.message


def test_a_birth_on_the_first_of_january_is_taken_for_a_guess() -> None:
    assert checked(invented_person(birth=Birth(date(1990, 1, 1))), TODAY).birth.estimated
    assert not checked(invented_person(birth=Birth(date(1990, 1, 2))), TODAY).birth.estimated


def test_a_person_may_withhold_the_name_and_everything_else() -> None:
    quiet = invented_person(
        names=Names(withheld=True),
        birth=Birth(absence=Absence.REFUSED),
        nationality=OptionalText(absence=Absence.REFUSED),
        amka=OptionalText(absence=Absence.UNKNOWN),
        contacts=(),
        documents=(),
        legal_status="NOT_STATED",
        district="",
    )
    assert checked(quiet, TODAY) == quiet


EMPTY: dict[str, Any] = {
    "sex": Sex.NOT_STATED,
    "languages": (),
    "contacts": (),
    "household": (),
    "legal_status": "NOT_STATED",
    "documents": (),
    "district": "",
}


@pytest.mark.parametrize("why", Absence)
def test_whatever_is_empty_may_say_why(why: Absence) -> None:
    assert set(EMPTY) == set(MAY_BE_ABSENT)
    silent = invented_person(**EMPTY, **{f"{name}_absence": why for name in EMPTY})
    assert checked(silent, TODAY) == silent
    assert {silent.absence_of(name) for name in EMPTY} == {why}


@pytest.mark.parametrize("name", MAY_BE_ABSENT)
def test_what_is_there_has_no_reason_why_it_is_not(name: str) -> None:
    whole = {"household": (HouseholdMember("CHILD"),)}
    refused = _complaint(**whole, **{f"{name}_absence": Absence.REFUSED})
    assert refused.metadata["fields"] == name
    assert "leave one of the two out" in refused.message


def test_a_child_may_have_no_guardian_yet_or_one_whose_order_has_ended() -> None:
    checked(invented_person(birth=CHILD, guardian=Guardian("", "NOT_APPOINTED")), TODAY)
    ended = Guardian("Invented Guardian", "GUARDIAN", "Order 1/2024", date(2025, 1, 31))
    checked(invented_person(birth=CHILD, guardian=ended), TODAY)


def test_names_are_tidied_and_phones_kept_in_international_form() -> None:
    person = invented_person(
        names=Names(Name("  آمنة   بنت "), Name(" Amna  bint", "O’Neill-Al (Mimi)")),
        contacts=(Contact(ContactKind.PHONE, "0030 691 000 0001", 0, 24),),
    )
    kept = checked(person, TODAY)
    assert kept.names == Names(Name("آمنة بنت"), Name("Amna bint", "O’Neill-Al (Mimi)"))
    assert kept.contacts[0].value == "+306910000001"


def test_what_was_checked_once_passes_again_unchanged() -> None:
    kept = checked(invented_person(), TODAY)
    assert checked(kept, TODAY) == kept
