"""How often something may be sent that nobody signs for."""

import pytest

from kernel.errors import Exhausted
from services.console.domain.public.allowance import Allowance


def test_one_sender_is_slowed_and_others_are_not() -> None:
    allowance = Allowance(most=2, seconds=60, most_of_all=100)
    allowance.take("one", 0)
    allowance.take("one", 1)
    with pytest.raises(Exhausted):
        allowance.take("one", 59)
    allowance.take("another", 59)
    allowance.take("one", 60.5)
    with pytest.raises(Exhausted):
        allowance.take("one", 60.6)


def test_all_together_are_slowed_too() -> None:
    allowance = Allowance(most=2, seconds=60, most_of_all=3)
    for number in range(3):
        allowance.take(str(number), 0)
    with pytest.raises(Exhausted):
        allowance.take("3", 1)
    allowance.take("3", 61)


def test_what_was_refused_counts_for_nothing() -> None:
    allowance = Allowance(most=1, seconds=60, most_of_all=2)
    allowance.take("one", 0)
    for _ in range(5):
        with pytest.raises(Exhausted):
            allowance.take("one", 1)
    allowance.take("another", 2)
