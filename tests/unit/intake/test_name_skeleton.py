"""One name in five scripts has one skeleton, and what is not the same name has another."""

import pytest

from services.intake.domain.name_skeleton import MOST_SKELETONS, skeletons, words_of


def readings(name: str) -> set[str]:
    """Every way to read a name of one word."""
    [word] = words_of(name)
    return set(skeletons(word))


@pytest.mark.parametrize(
    "spellings",
    [
        ("محمد", "Muhammad", "Mohamed", "Μοχάμεντ", "Mehmed"),
        ("یوسف", "يوسف", "Yusuf", "Youssef", "Γιουσούφ"),
        ("خديجة", "خدیجه", "Khadija", "Ḫadīǧaẗ", "Χαντίτζα"),
        ("عبد الرحمن", "عبدالرحمن", "Abdul Rahman", "Abdurrahman", "ʿAbd ar-Raḥmān", "Abderrahman"),
        ("الخطيب", "al-Khatib", "El Khatib", "Χατίμπ"),
        ("Γεωργίου", "Georgiou"),
        ("شهرام", "Shahram", "Chahram", "Schahram", "Şahram"),
    ],
)
def test_spellings_of_one_name_share_a_skeleton(spellings: tuple[str, ...]) -> None:
    shared = set.intersection(*map(readings, spellings))
    assert shared, {spelling: readings(spelling) for spelling in spellings}


@pytest.mark.parametrize(
    ("one", "other"), [("Ahmad", "Hamid"), ("Khalid", "Walid"), ("Μαρία", "Μυρτώ"), ("سعيد", "رشيد")]
)
def test_other_names_share_none(one: str, other: str) -> None:
    assert not readings(one) & readings(other)


def test_marks_articles_and_joiners_are_no_words() -> None:
    assert words_of("  al-Ḥalabī,\u200c (أبو)  ") == ("halabi", "ابو")
    assert words_of("El") == ("el",), "an article alone is all there is"
    assert words_of("··· ---") == ()


def test_every_word_has_a_few_skeletons_and_never_an_empty_one() -> None:
    for word in ("ΑΕΙ", "إيا", "oui", "ch" * 30, "漢字", "عبد", "x"):
        for folded in words_of(word):
            found = skeletons(folded)
            assert 1 <= len(found) <= MOST_SKELETONS
            assert all(found)
