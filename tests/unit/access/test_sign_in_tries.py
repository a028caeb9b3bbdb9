"""The clock of failed tries."""

from datetime import timedelta

from services.access.domain.sign_in_tries import (
    FREE_TRIES,
    LONGEST_DELAY,
    MEMORY,
    SHORT_MEMORY,
    SignInTries,
    delay_after,
)
from tests.unit.access.staff import NOW


def test_typing_errors_cost_nothing_and_then_each_costs_twice_the_last() -> None:
    seconds = [delay_after(tries).total_seconds() for tries in range(1, 9)]
    assert seconds == [0, 0, 0, 0, 2, 4, 8, 16]


def test_no_number_of_failures_shuts_anybody_out_for_longer_than_a_quarter_of_an_hour() -> None:
    assert max(delay_after(tries) for tries in range(1, 10_000)) == LONGEST_DELAY == timedelta(minutes=15)


def test_a_delay_ends_when_it_was_said_to_however_often_somebody_knocks_meanwhile() -> None:
    tries = SignInTries()
    for _ in range(FREE_TRIES):
        assert not tries.delay(NOW)
        tries.count(NOW)
    assert tries.delay(NOW) == timedelta(seconds=2)
    for tenth in range(20):  # only a try that is looked at is counted
        assert tries.delay(NOW + timedelta(seconds=tenth / 10)) > timedelta()
    assert not tries.delay(NOW + timedelta(seconds=2))


def test_a_day_of_guesses_as_fast_as_is_let_is_about_a_hundred() -> None:
    tries, now = SignInTries(), NOW
    while now < NOW + timedelta(days=1):
        tries.count(now)
        now += tries.delay(now)
    assert 95 < tries.tries < 115


def test_after_a_day_without_tries_all_is_forgotten() -> None:
    tries = SignInTries()
    for _ in range(20):
        tries.count(NOW)
    tries.count(NOW + MEMORY)
    assert tries.tries == 1
    assert not tries.delay(NOW + MEMORY)


def test_typing_errors_that_delayed_nobody_are_forgotten_after_an_hour() -> None:
    tries = SignInTries()
    for _ in range(FREE_TRIES - 1):
        tries.count(NOW)
    tries.count(NOW + SHORT_MEMORY)
    assert tries.tries == 1
