"""The console has a page and words for all that the ledger can be asked, and for all that it answers."""

import re
from pathlib import Path

import pytest

from kernel import codes
from services.audit.domain.questions import catalogue
from services.audit.domain.questions.catalogue import QUESTIONS as ASKED
from services.audit.domain.questions.question import Kind
from services.console.entrypoints.pages.audit.directory_then import DIRECTORY
from services.console.entrypoints.pages.audit.kinds import BASES
from services.console.entrypoints.pages.audit.ledger_questions import QUESTIONS, Place
from services.console.entrypoints.pages.audit.ledger_words import COLUMNS, WORDS, code_in
from services.console.entrypoints.pages.audit.question_list import EVERY_QUESTION, TOPICS
from services.console.entrypoints.words import REFERRAL_STATES

_OF_THEIR_OWN = frozenset({"VITAL_INTEREST", "LEGAL_OBLIGATION", "PERSON", "GRANTED", "EMERGENCY_ACCESS"})
"""Codes that rules compare with, and that no answer holds by themselves."""


def test_every_question_of_the_ledger_has_a_page_in_its_words() -> None:
    pages = {one.name: one.asks for one in QUESTIONS}
    assert pages == {name: one.asks for name, one in ASKED.items() if name != DIRECTORY.name}
    assert DIRECTORY.name in ASKED


def test_a_page_asks_for_what_its_question_takes() -> None:
    for one in QUESTIONS:
        asked = ASKED[one.name]
        assert ("from" in one.fields) == asked.is_of_a_period
        assert ("referral" in one.needs) == asked.is_of_a_referral
        assert ({"agency", "category"} <= set(one.needs)) == asked.is_of_an_agency


def test_every_question_is_in_the_list_once_under_a_heading() -> None:
    assert len({one.name for one in EVERY_QUESTION}) == len(EVERY_QUESTION)
    assert {one.topic for one in EVERY_QUESTION} == set(TOPICS)


def test_every_column_has_a_name() -> None:
    assert {column.name for one in ASKED.values() for column in one.columns} <= set(COLUMNS)


def test_every_code_that_an_answer_may_hold_has_words() -> None:
    """By what stands in the rules: a new code without words is found here and not by whoever reads it."""
    folder = Path(catalogue.__file__).parent
    found = {
        code for file in folder.glob("*.py") for code in re.findall(r'"([A-Z][A-Z_]{2,})"', file.read_text())
    }
    kinds = {kind.value for kind in Kind}
    known = {*WORDS, *BASES, *REFERRAL_STATES, *kinds, *_OF_THEIR_OWN}
    assert found - known == set()
    told = set(ASKED["system"].kinds) - {"SystemChanged"}  # of that a line for each part
    assert {kind for kind in told if code_in("what", kind, "en") == kind} == set()


@pytest.mark.parametrize(
    ("column", "code", "words"),
    [
        ("categories", "NAME", codes.CATEGORIES["NAME"].en),
        ("basis", "CONSENT", BASES["CONSENT"]),
        ("what", "CONSENT", WORDS["CONSENT"]),
        ("state", "OFFERED", REFERRAL_STATES["OFFERED"]),
        ("state", "NOT_ANSWERED", WORDS["NOT_ANSWERED"]),
        ("reason", "PERSON_CHOSE", WORDS["PERSON_CHOSE"]),
        ("way", "OF_A_NEWER_RELEASE", "OF_A_NEWER_RELEASE"),
    ],
)
def test_a_code_is_told_by_its_column(column: str, code: str, words: str) -> None:
    assert code_in(column, code, "en") == words


@pytest.mark.parametrize(
    "text", ["", "x", "5", "5@", "5@noon", "-5@2026-11-26T12:00:00+00:00", "²@2026-11-26"]
)
def test_a_place_that_is_none_has_no_moment(text: str) -> None:
    assert Place.read(text).at_time is None


def test_a_place_is_read_as_it_was_written() -> None:
    place = Place.read("50@2026-11-26T12:00:00.123456+00:00")
    assert place.offset == 50
    assert Place.read(str(place)) == place
