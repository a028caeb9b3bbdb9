"""Which referrals have moved since a page was read, as far as that is known."""

import pytest

from services.console.entrypoints import live_feed
from services.console.entrypoints.live_feed import Moves


def test_a_page_is_told_of_its_own_referrals_alone() -> None:
    moves = Moves(10)
    moves.note("a", 11)
    moves.note("b", 12)
    assert moves.has_moved({"a", "c"}, 10) is True
    assert moves.has_moved({"a"}, 11) is False
    assert moves.has_moved({"c"}, 10) is False
    assert moves.has_moved(set(), 10) is False
    moves.note("a", 13)
    assert moves.has_moved({"a"}, 12) is True


def test_what_was_before_is_not_guessed() -> None:
    moves = Moves(10)
    assert moves.has_moved({"a"}, 9) is None
    moves.note("a", 11)
    assert moves.has_moved({"a"}, 9) is True
    assert moves.has_moved({"b"}, 9) is None


def test_what_is_forgotten_is_not_guessed_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_feed, "MOST_REMEMBERED", 2)
    moves = Moves(0)
    for sequence, one in enumerate("abc", start=1):
        moves.note(one, sequence)
    assert moves.since == 1
    moves.note("a", 4)
    assert moves.since == 2
    assert moves.has_moved({"b"}, 1) is None
    assert moves.has_moved({"b"}, 2) is False
    assert moves.has_moved({"a"}, 3) is True
