"""What matching has taken up and how fast, by a clock that the test turns."""

from collections import deque

import pytest

from kernel.ids import NeedId, random_id
from services.intake.domain.uptake import ASSUMED_RATE, LONGEST_IN_HAND_SECONDS, SILENCE_SECONDS, Uptake


class _Day:
    """Needs recorded at instants that the test chooses."""

    def __init__(self) -> None:
        self.now = 100.0
        self.uptake = Uptake(lambda: self.now)

    def record(self, count: int) -> list[NeedId]:
        need_ids = [NeedId(random_id()) for _ in range(count)]
        self.uptake.note_recorded(need_ids)
        return need_ids

    def is_away(self) -> bool:
        return self.uptake.is_away


def test_a_question_about_a_need_says_that_those_before_it_are_taken() -> None:
    day = _Day()
    recorded = day.record(20)
    day.uptake.note_asked([recorded[10]])
    assert day.uptake.in_flight == 9
    day.uptake.note_asked([*recorded[:5], NeedId(random_id())])  # once more, and about somebody else's
    assert day.uptake.in_flight == 9


def test_whoever_never_asked_or_leaves_what_waits_unasked_is_away() -> None:
    day = _Day()
    assert day.is_away()
    day.uptake.note_asked(day.record(1))
    day.now += 1_000
    assert not day.is_away()  # there was nothing to ask about
    late = day.record(1)
    day.now += SILENCE_SECONDS
    assert not day.is_away()
    day.now += 0.1
    assert day.is_away()
    day.uptake.note_asked(late)
    assert not day.is_away()


def test_a_matching_that_works_off_a_long_batch_is_not_away() -> None:
    day = _Day()
    recorded = day.record(int(ASSUMED_RATE * 10))
    day.uptake.note_asked(recorded[:-1])
    day.now += 10 + SILENCE_SECONDS - 0.1
    assert not day.uptake.is_away
    day.now += 0.2
    assert day.uptake.is_away


def test_a_matching_that_was_slow_once_is_missed_as_soon_as_another() -> None:
    day = _Day()
    for pause in (3.0, 6.0, 9.0, 12.0, 15.0, 18.0):  # it dies again and again, with one need in hand
        first, _ = day.record(2)
        day.uptake.note_asked([first])
        day.now += pause
    day.uptake.note_asked(day.record(30))
    day.record(1)
    day.now += LONGEST_IN_HAND_SECONDS + SILENCE_SECONDS + 0.1
    assert day.uptake.is_away


def test_time_without_needs_and_time_away_say_nothing_of_the_rate() -> None:
    day = _Day()
    for seconds in (1.0, 1_000.0):
        day.uptake.note_asked(day.record(1))
        day.now += seconds
    left = day.record(1)
    day.now += 1_000.0
    day.uptake.note_asked(left)
    assert day.uptake.rate == ASSUMED_RATE


@pytest.mark.parametrize("true_rate", [60, 600])
def test_the_rate_follows_what_is_taken(true_rate: int) -> None:
    day = _Day()
    waiting = deque(day.record(200))
    for _ in range(40):
        batch = [waiting.popleft() for _ in range(int(true_rate * 0.15))]
        day.uptake.note_asked(batch)
        waiting.extend(day.record(len(batch)))
        day.now += 0.15
    assert day.uptake.rate == pytest.approx(true_rate, rel=0.1)


def test_what_nobody_asks_about_is_not_remembered_without_end() -> None:
    day = _Day()
    for _ in range(30):
        day.record(1_000)
    assert day.uptake.in_flight == 10_000
