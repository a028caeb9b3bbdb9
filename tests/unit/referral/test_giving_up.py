"""Nobody is given up before they were tried: three attempts, two days, the last through the sender."""

from datetime import UTC, datetime, timedelta

import pytest

from kernel import codes
from services.referral.domain.giving_up import (
    ContactAttempt,
    ContactAttemptsMissing,
    PlaceHeld,
    check_tried,
    says_given_up,
)

SINCE = datetime(2026, 3, 2, 8, tzinfo=UTC)
LATER = SINCE + timedelta(days=10)


def tried(
    *, hours: float, by_sender: bool = False, by_safe_channel: bool = True, is_reached: bool = False
) -> ContactAttempt:
    """So many hours after the place was taken."""
    return ContactAttempt(SINCE + timedelta(hours=hours), by_sender, by_safe_channel, is_reached)


ENOUGH = [tried(hours=1), tried(hours=25), tried(hours=26, by_sender=True)]


def missing(*attempts: ContactAttempt, now: datetime = LATER) -> tuple[str, str, str]:
    with pytest.raises(ContactAttemptsMissing) as refusal:
        check_tried(attempts, SINCE, now)
    said = refusal.value.metadata
    return said["missing_attempts"], said["missing_days"], said["last_through_sender"]


def test_three_attempts_on_two_days_the_last_through_the_sender_are_enough() -> None:
    check_tried(ENOUGH, SINCE, LATER)
    check_tried(reversed(ENOUGH), SINCE, LATER)


def test_what_is_missing_is_said() -> None:
    assert missing() == ("3", "2", "false")
    assert missing(*ENOUGH[:2]) == ("1", "0", "false")
    assert missing(tried(hours=1), tried(hours=2), tried(hours=3, by_sender=True)) == ("0", "1", "true")
    assert missing(*ENOUGH, tried(hours=27)) == ("0", "0", "false"), "the holder tried once more behind it"
    with pytest.raises(ContactAttemptsMissing) as refusal:
        check_tried([tried(hours=1)], SINCE, LATER)
    assert refusal.value.stable_reason == "CONTACT_ATTEMPTS_MISSING"
    assert refusal.value.message.endswith(
        "Missing: 2 more attempts, 1 more day, a last attempt through the sender."
    )


def test_a_day_is_one_in_athens() -> None:
    before_midnight = datetime(2026, 3, 3, 21, 50, tzinfo=UTC)
    first = [
        ContactAttempt(before_midnight + timedelta(minutes=minutes), False, True, False) for minutes in (0, 5)
    ]
    last = ContactAttempt(before_midnight + timedelta(minutes=20), True, True, False)
    check_tried([*first, last], SINCE, LATER)


@pytest.mark.parametrize(
    "worthless",
    [
        tried(hours=1, by_safe_channel=False),
        tried(hours=-1),
    ],
)
def test_what_was_not_by_a_safe_channel_or_before_this_place_was_taken_does_not_count(
    worthless: ContactAttempt,
) -> None:
    assert missing(worthless, *ENOUGH[1:]) == ("1", "1", "true")


def test_once_somebody_was_reached_it_begins_anew() -> None:
    assert missing(*ENOUGH, tried(hours=30, is_reached=True)) == ("3", "2", "false")
    again = [tried(hours=40), tried(hours=41), tried(hours=65, by_sender=True)]
    check_tried([*ENOUGH, tried(hours=30, is_reached=True), *again], SINCE, LATER)


def test_that_somebody_was_reached_by_whatever_channel_counts() -> None:
    reached = tried(hours=30, is_reached=True, by_safe_channel=False)
    assert missing(*ENOUGH, reached) == ("3", "2", "false")


def test_the_place_is_held_for_72_hours_from_the_first_attempt_that_counts() -> None:
    attempts = [tried(hours=0.5, by_safe_channel=False), *ENOUGH]
    with pytest.raises(PlaceHeld) as refusal:
        check_tried(attempts, SINCE, SINCE + timedelta(hours=72, minutes=59))
    assert refusal.value.metadata == {"held_until_time": "2026-03-05T09:00:00+00:00"}
    check_tried(attempts, SINCE, SINCE + timedelta(hours=73))


def test_these_reasons_and_no_others_say_that_somebody_is_given_up() -> None:
    for name in ("RETURN", "NOT_COMPLETED"):
        given_up = {code for code, reason in codes.REASONS[name].items() if says_given_up(reason)}
        assert given_up == {"COULD_NOT_CONTACT", "NO_SHOW"}
