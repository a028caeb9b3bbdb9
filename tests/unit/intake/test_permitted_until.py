"""Until when what was given stays permitted: the first of its categories to end says so."""

from datetime import UTC, datetime, timedelta

from services.intake.domain.disclosure import permitted_until

NAME, LANGUAGES, CONTACT = 1, 2, 4
SOON = datetime(2026, 12, 1, tzinfo=UTC)
LATER = SOON + timedelta(days=30)


def test_it_ends_with_the_first_category_that_ends() -> None:
    assert permitted_until(NAME | CONTACT, [(NAME, LATER), (CONTACT, SOON)]) == SOON


def test_a_later_permit_of_the_same_category_carries_it_on() -> None:
    assert permitted_until(NAME, [(NAME, SOON), (NAME | CONTACT, LATER)]) == LATER


def test_what_was_not_given_does_not_count() -> None:
    assert permitted_until(NAME, [(NAME, LATER), (LANGUAGES, SOON)]) == LATER


def test_what_nothing_permits_has_no_end() -> None:
    assert permitted_until(NAME | CONTACT, [(NAME, LATER)]) is None
    assert permitted_until(NAME, []) is None
    assert permitted_until(0, [(NAME, LATER)]) is None
