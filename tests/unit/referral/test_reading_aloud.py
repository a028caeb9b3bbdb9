"""Every term, reason and warning can be read aloud in Greek and English."""

import re
from itertools import product

import pytest

from services.referral.domain.conditions import HARD_CONDITIONS, Exclusion, MatchWarning
from services.referral.domain.reading_aloud import (
    Sentence,
    exclusion_sentence,
    term_sentence,
    warning_sentence,
)
from services.referral.domain.scoring import ScoreTerm

GREEK = re.compile(r"[Α-ΩΆΈΉΊΌΎΏα-ωάέήίόύώϊϋΐΰς]")


def assert_readable(sentence: Sentence) -> None:
    assert sentence.el.endswith(".")
    assert sentence.en.endswith(".")
    assert GREEK.search(sentence.el)
    assert not GREEK.search(sentence.en)


def test_every_condition_has_a_code_and_a_sentence() -> None:
    assert {reason for reason, _ in HARD_CONDITIONS} == set(Exclusion)
    for reason in Exclusion:
        assert_readable(exclusion_sentence(reason))


@pytest.mark.parametrize("warning", MatchWarning)
def test_every_warning_has_a_sentence(warning: MatchWarning) -> None:
    assert_readable(warning_sentence(warning))


def waits() -> list[dict[str, str | int]]:
    return [
        {"basis": basis, "cases": cases, "days": days}
        for basis, cases, days in product(("OWN", "MIXED", "SECTOR"), (1, 7), (0, 1, 30))
    ]


FACTS: dict[str, list[dict[str, str | int]]] = {
    "FREE_PLACES": [{"unlimited": 1}, {"free": 0}, {"free": 1}, {"free": 12}],
    "FRESHNESS": [
        {"freshness": how, "days": days, "questioned": questioned}
        for how, days, questioned in product(("GREEN", "AMBER", "UNKNOWN"), (0, 1, 9), (0, 1))
    ],
    "TIME_TO_START": [{"basis": "NOT_KNOWN", "cases": 0}, *waits()],
    "DISTANCE": [{"band": band} for band in ("30", "60", "MORE", "HIDDEN", "NOT_KNOWN")],
    "FIT": [
        {"how": how, "language": "ara" if how not in ("NOT_KNOWN", "NO") else "", "made_for": made_for}
        for how, made_for in product(("SPOKEN", "INTERPRETER", "ASK", "NOT_KNOWN", "NO"), (0, 1))
    ],
}


@pytest.mark.parametrize("term", FACTS)
def test_every_term_can_be_read_aloud(term: str) -> None:
    for facts in FACTS[term]:
        assert_readable(term_sentence(ScoreTerm(term, 0.5, 0.2, facts)))


def test_numbers_are_said_as_people_say_them() -> None:
    def said(free: int) -> str:
        return term_sentence(ScoreTerm("FREE_PLACES", 0.5, 0.2, {"free": free})).en

    assert [said(free) for free in (1, 2)] == ["1 place is free.", "2 places are free."]
