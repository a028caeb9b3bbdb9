"""How long the hub waits for a partner, and when it gives up."""

from datetime import UTC, datetime, timedelta

from kernel.ids import AgencyId, random_id
from services.notifications.domain.push_endpoint import (
    LONGEST_BACKOFF,
    PushEndpoint,
    PushFailed,
    PushFailure,
    PushGivenUp,
    PushState,
    backoff,
)
from services.notifications.domain.recipient import Inbox, Recipient

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PATIENCE = timedelta(hours=24)
AWAY = PushFailed(PushFailure.NOT_REACHED)


def endpoint() -> PushEndpoint:
    recipient = Recipient(Inbox.AGENCY, AgencyId(random_id()))
    return PushEndpoint(random_id(), recipient, "https://inbox.example:443", None, 7, NOW, version=1)


def test_each_wait_is_twice_the_one_before_up_to_five_minutes() -> None:
    waits = [backoff(tries, 1).total_seconds() for tries in range(1, 12)]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert backoff(10_000, 1) == LONGEST_BACKOFF


def test_those_who_failed_together_do_not_come_back_together() -> None:
    assert [backoff(4, chance).total_seconds() for chance in (0, 0.5, 1)] == [4, 6, 8]


def test_the_hub_tries_for_its_whole_patience_a_last_time_at_its_end_and_then_gives_up() -> None:
    one, now, tries = endpoint(), NOW, 0
    while (given_up := one.fail(AWAY, now, patience=PATIENCE, chance=0.5)) is None:
        assert now < one.next_try_time <= NOW + PATIENCE
        assert one.state is PushState.FAILING
        now, tries = one.next_try_time, tries + 1
    assert now == NOW + PATIENCE
    assert given_up == PushGivenUp(one)
    assert (one.state, one.given_up_time, one.pushed_sequence) == (PushState.GIVEN_UP, now, 7)
    assert tries > 24 * 60 / 5
    assert one.version == 2, "a fact of its own"


def test_a_success_in_between_begins_the_patience_anew() -> None:
    one = endpoint()
    one.fail(AWAY, NOW, patience=PATIENCE, chance=0)
    one.succeed(9, NOW + timedelta(hours=23))
    assert (one.state, one.tries, one.failure, one.pushed_sequence) == (PushState.PUSHING, 0, None, 9)
    later = NOW + timedelta(hours=25)
    assert one.fail(AWAY, later, patience=PATIENCE, chance=0) is None
    assert one.failing_since_time == later


def test_who_resumes_gets_all_patience_again_and_leaves_nothing_out() -> None:
    one = endpoint()
    one.fail(AWAY, NOW, patience=timedelta(), chance=0)
    assert one.state is PushState.GIVEN_UP
    one.resume(NOW + PATIENCE)
    assert (one.state, one.next_try_time, one.pushed_sequence) == (PushState.PUSHING, NOW + PATIENCE, 7)


def test_an_endpoint_that_moves_goes_on_from_where_it_had_come() -> None:
    one = endpoint()
    one.fail(AWAY, NOW, patience=timedelta(), chance=0)
    one.move("https://new.example:443", None, NOW)
    assert (one.address, one.pushed_sequence, one.state) == (
        "https://new.example:443",
        7,
        PushState.PUSHING,
    )
