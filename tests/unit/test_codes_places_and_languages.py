"""Who understands whom, and how far it is."""

import itertools

import pytest

from kernel.codes import DISTRICTS, LANGUAGES
from kernel.errors import Invalid
from services.referral.domain.spoken_languages import asked_by, served_by

LANGUAGES_OF_THE_DESK = {
    "ell",
    "eng",
    "ara",
    "arz",
    "pes",
    "prs",
    "urd",
    "pnb",
    "pus",
    "fra",
    "ckb",
    "kmr",
    "ben",
    "pan",
    "som",
    "lin",
    "tir",
    "sqi",
    "ukr",
    "rus",
    "kat",
    "amh",
    "tur",
    "fas",
}


def test_the_languages_of_the_desk_are_all_there() -> None:
    assert set(LANGUAGES) >= LANGUAGES_OF_THE_DESK
    assert all(len(code) == 3 and code.islower() for code in LANGUAGES)


def test_a_persian_interpreter_serves_farsi_speakers() -> None:
    assert served_by(["pes"]) == {"pes", "fas"}


def test_a_dari_speaker_is_asked_before_a_persian_interpreter_comes() -> None:
    assert served_by(["prs"]) == {"prs"}
    assert asked_by(["prs"]) == {"pes", "fas"}


def test_whoever_speaks_both_needs_no_asking() -> None:
    assert asked_by(["prs", "pes"]) == set()


@pytest.mark.parametrize(
    ("spoken", "offered"), [("ckb", "kmr"), ("kmr", "ckb"), ("ukr", "rus"), ("ara", "pes")]
)
def test_what_is_not_written_is_not_assumed(spoken: str, offered: str) -> None:
    assert offered not in served_by([spoken]) | asked_by([spoken])


def test_whoever_speaks_nothing_we_know_of_is_served_by_nobody() -> None:
    assert served_by([]) == set()


def test_links_between_languages_lead_to_known_languages() -> None:
    for entry in LANGUAGES.values():
        assert set(entry.serves) | set(entry.ask) <= set(LANGUAGES) - {entry.code}


def test_what_serves_is_never_also_asked() -> None:
    for code in LANGUAGES:
        assert code in served_by([code])
        assert not served_by([code]) & asked_by([code])


def test_an_unknown_language_fails_loudly() -> None:
    with pytest.raises(Invalid):
        served_by(["xxx"])


def test_seven_districts_and_the_way_between_them_is_as_long_back() -> None:
    assert sorted(DISTRICTS) == [f"ATHENS_{number}" for number in range(1, 8)]
    for start, end in itertools.product(DISTRICTS, repeat=2):
        assert DISTRICTS[start].minutes[end] == DISTRICTS[end].minutes[start]
        assert DISTRICTS[start].minutes[end] >= DISTRICTS[start].minutes[start]


def test_there_are_short_middling_and_long_ways() -> None:
    ways = {DISTRICTS[a].minutes[b] for a, b in itertools.combinations(DISTRICTS, 2)}
    assert min(ways) <= 30 < max(ways)
    assert max(ways) > 60
