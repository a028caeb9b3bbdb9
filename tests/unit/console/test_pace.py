"""How often something may be sent that nobody signs for."""

import pytest

from kernel.errors import Exhausted
from services.console.domain.public.pace import Pace


def test_one_sender_is_slowed_and_others_are_not() -> None:
    pace = Pace(most=2, seconds=60, most_of_all=100)
    pace.step("one", 0)
    pace.step("one", 1)
    with pytest.raises(Exhausted):
        pace.step("one", 59)
    pace.step("another", 59)
    pace.step("one", 60.5)
    with pytest.raises(Exhausted):
        pace.step("one", 60.6)


def test_all_together_are_slowed_too() -> None:
    pace = Pace(most=2, seconds=60, most_of_all=3)
    for number in range(3):
        pace.step(str(number), 0)
    with pytest.raises(Exhausted):
        pace.step("3", 1)
    pace.step("3", 61)


def test_what_was_refused_counts_for_nothing() -> None:
    pace = Pace(most=1, seconds=60, most_of_all=2)
    pace.step("one", 0)
    for _ in range(5):
        with pytest.raises(Exhausted):
            pace.step("one", 1)
    pace.step("another", 2)
