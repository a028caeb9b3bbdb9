"""What a person may ask a replay for, and how the supervisor hears of it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from chassis.topics import INTAKE, REFERRAL
from tools.operate.replay import wanted_from
from tools.stack.failure import StackFailure
from tools.stack.layout import Layout
from tools.stack.wanted import LACKING, Wanted, leave_wanted, take_wanted


def test_without_words_only_what_a_consumer_lacks_is_wanted() -> None:
    assert wanted_from(None, None) == LACKING
    assert LACKING.covers(INTAKE)


def test_a_number_is_a_position_and_anything_else_a_time() -> None:
    assert wanted_from("1500", None).from_position == 1500
    assert wanted_from("2026-05-01T14:30", None).since_time == datetime(2026, 5, 1, 11, 30, tzinfo=UTC)
    assert wanted_from("2026-05-01T14:30Z", None).since_time == datetime(2026, 5, 1, 14, 30, tzinfo=UTC)
    assert wanted_from("2026-01-05", None).since_time == datetime(2026, 1, 4, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize("start", ["yesterday", "-3", "1.5", "", "99999999999999999999"])
def test_what_is_neither_is_refused_in_a_sentence(start: str) -> None:
    with pytest.raises(StackFailure, match="neither a position"):
        wanted_from(start, None)


def test_a_topic_that_is_not_ours_is_refused_and_ours_are_named() -> None:
    with pytest.raises(StackFailure, match=r"kem\.intake\.v1, kem\.disclosure\.v1"):
        wanted_from(None, "kem.intake")


def test_a_topic_that_has_just_been_made_is_filled_whatever_was_asked_for() -> None:
    wanted = wanted_from("7", REFERRAL)
    assert not wanted.covers(INTAKE)
    assert wanted.also([INTAKE]).covers(INTAKE)
    assert LACKING.also([INTAKE]) == LACKING


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(ask_id="a"),
        Wanted(from_position=3, topics=frozenset({REFERRAL}), ask_id="b"),
        Wanted(since_time=datetime(2026, 5, 1, 11, 30, tzinfo=UTC)),
    ],
)
def test_a_wish_reaches_the_supervisor_once(tmp_path: Path, wanted: Wanted) -> None:
    layout = Layout(tmp_path)
    leave_wanted(layout, wanted)
    assert take_wanted(layout) == wanted
    assert take_wanted(layout) == LACKING


def test_a_wish_that_cannot_be_read_is_a_plain_replay(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.wanted_file.write_text('{"from_position": ')
    assert take_wanted(layout) == LACKING
