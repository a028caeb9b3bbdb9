"""Everything that a page says is there in each of its languages."""

from pathlib import Path

import pytest

from services.console.adapters.catalogue import PUBLIC_LANGUAGES, SOURCE_LANGUAGE, STAFF_LANGUAGES
from tools import texts


def test_no_text_lacks_its_translation_and_none_is_left_over() -> None:
    assert texts.missing() == []


def test_catalogues_are_there_for_every_language_of_the_pages() -> None:
    public = sorted(one for one in PUBLIC_LANGUAGES if one != SOURCE_LANGUAGE)
    assert texts.languages_of(texts.PUBLIC) == public
    assert texts.languages_of(texts.STAFF) == [one for one in STAFF_LANGUAGES if one != SOURCE_LANGUAGE]


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("", "not there"),
        ('msgid "Sign in"\nmsgstr ""\n', "no translation"),
        ('#, fuzzy\nmsgid "Sign in"\nmsgstr "Σύνδεση"\n', "to be looked at"),
        ('msgid "Welcome, %(name)s"\nmsgstr "Καλώς ήρθατε"\n', "other placeholders"),
        ('msgid "Said nowhere"\nmsgstr "Πουθενά"\n', "nobody says it"),
    ],
)
def test_what_translators_have_left_out_is_found(
    written: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "el").mkdir()
    (tmp_path / "el" / "staff.po").write_text(written, encoding="utf-8")
    monkeypatch.setattr(texts, "LOCALE", tmp_path)
    assert any(complaint in line for line in texts.missing())
