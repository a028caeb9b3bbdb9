"""Until when what was given stays permitted: the first of its categories to end says so."""

from datetime import UTC, datetime, timedelta

from services.intake.domain.cells import GrantEffect
from services.intake.domain.disclosure import Span, permitted_until

NAME, LANGUAGES, CONTACT = 1, 2, 4
SOON = datetime(2026, 12, 1, tzinfo=UTC)
LATER = SOON + timedelta(days=30)
NOW = SOON - timedelta(days=5)
PAST = NOW - timedelta(days=5)


def permit(categories: int, until: datetime, *, since: datetime = PAST) -> Span:
    return Span(GrantEffect.PERMIT, categories, since, until)


def denial(categories: int, *, since: datetime, until: datetime = LATER + timedelta(days=1)) -> Span:
    return Span(GrantEffect.DENY, categories, since, until)


def test_it_ends_with_the_first_category_that_ends() -> None:
    assert permitted_until(NAME | CONTACT, [permit(NAME, LATER), permit(CONTACT, SOON)], NOW) == SOON


def test_a_later_permit_of_the_same_category_carries_it_on() -> None:
    assert permitted_until(NAME, [permit(NAME, SOON), permit(NAME | CONTACT, LATER)], NOW) == LATER


def test_a_permit_that_begins_by_then_carries_it_on_and_one_after_a_gap_does_not() -> None:
    ends = permit(NAME, SOON)
    assert permitted_until(NAME, [ends, permit(NAME, LATER, since=SOON)], NOW) == LATER
    late = permit(NAME, LATER, since=SOON + timedelta(seconds=1))
    assert permitted_until(NAME, [ends, late], NOW) == SOON


def test_what_was_not_given_does_not_count() -> None:
    given = [permit(NAME, LATER), permit(LANGUAGES, SOON), denial(CONTACT, since=PAST)]
    assert permitted_until(NAME, given, NOW) == LATER


def test_a_denial_ends_it_when_it_begins() -> None:
    assert permitted_until(NAME, [permit(NAME, LATER), denial(NAME, since=SOON)], NOW) == SOON
    assert permitted_until(NAME, [permit(NAME, LATER), denial(NAME, since=PAST)], NOW) is None
    over = denial(NAME, since=PAST, until=NOW)
    assert permitted_until(NAME, [permit(NAME, LATER), over], NOW) == LATER


def test_what_nothing_permits_has_no_end() -> None:
    assert permitted_until(NAME | CONTACT, [permit(NAME, LATER)], NOW) is None
    assert permitted_until(NAME, [permit(NAME, NOW)], NOW) is None, "the last instant is not part of it"
    assert permitted_until(NAME, [permit(NAME, LATER, since=SOON)], NOW) is None
    assert permitted_until(NAME, [], NOW) is None
    assert permitted_until(0, [permit(NAME, LATER)], NOW) is None
