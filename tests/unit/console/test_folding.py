"""A search finds what somebody means, however they write it."""

import pytest

from services.console.domain.public.folding import fold, matches, words_of


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Μαθήματα ελληνικών", "ΜΑΘΗΜΑΤΑ"),
        ("Μαθήματα ελληνικών", "μαθηματα"),
        ("Μαθήματα ελληνικών", "mathimata"),
        ("Μαθήματα ελληνικών", "ma8imata ellinika"),
        ("Μαθήματα ελληνικών", "ελληνικά"),
        ("Αίτηση ασύλου", "asylo"),
        ("Αίτηση ασύλου", "aitisi asilou"),
        ("Υγεία", "ygeia"),
        ("Ψυχολογική υποστήριξη", "psychologiki"),
        ("Φιλοξενία", "filoksenia"),
        ("Ευρύτερη στήριξη", "efriteri"),
        ("Éducation des adultes", "education"),
        ("أخصائي نفسي", "اخصائی"),
        ("مساعدة قانونية", "قانونيه"),
        ("مُساعَدة", "مساعدة"),
        ("کمک‌هزینه", "كمكهزينه"),
        ("Straße", "strasse"),
    ],
)
def test_what_is_meant_is_found(written: str, typed: str) -> None:
    assert matches(typed, words_of(written))


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Μαθήματα ελληνικών", "αγγλικά"),
        ("Μαθήματα ελληνικών", "μαθήματα αγγλικών"),
        ("Housing", "ousing"),
        ("Food", "foodbank"),
        ("مساعدة قانونية", "طعام"),
    ],
)
def test_what_is_not_meant_is_not_found(written: str, typed: str) -> None:
    assert not matches(typed, words_of(written))


def test_nothing_typed_finds_all_and_signs_alone_are_nothing() -> None:
    assert matches("", words_of("Food"))
    assert matches(" – ?!", words_of("Food"))


def test_folding_twice_changes_nothing() -> None:
    for text in ("Άλφα ΒΉΤΑ ς", "أخصائي", "Éà", "ﬁne"):
        assert fold(fold(text)) == fold(text)
