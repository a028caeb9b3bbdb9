"""When something that an agency holds is late."""

from datetime import UTC, datetime, timedelta

import pytest

from kernel.vocabulary import Urgency
from services.console.domain.held import Lateness, lateness_of

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("urgency", "longest"),
    [
        (Urgency.EMERGENCY, timedelta(hours=24)),
        (Urgency.URGENT, timedelta(hours=72)),
        (Urgency.NORMAL, timedelta(days=14)),
    ],
)
def test_what_was_taken_up_begins_within_the_time_of_its_urgency(
    urgency: Urgency, longest: timedelta
) -> None:
    def after(span: timedelta, *, has_begun: bool = False) -> Lateness | None:
        return lateness_of(
            urgency=urgency,
            taken_up_time=NOW - span,
            has_begun=has_begun,
            activity_end_time=None,
            now=NOW,
        )

    assert after(longest) is None
    assert after(longest + timedelta(seconds=1)) is Lateness.NOT_BEGUN
    assert after(longest + timedelta(days=90), has_begun=True) is None


@pytest.mark.parametrize("has_begun", [True, False])
def test_when_a_course_is_over_its_outcome_is_due(has_begun: bool) -> None:
    def ended(end_time: datetime) -> Lateness | None:
        return lateness_of(
            urgency=Urgency.NORMAL,
            taken_up_time=NOW - timedelta(days=1),
            has_begun=has_begun,
            activity_end_time=end_time,
            now=NOW,
        )

    assert ended(NOW + timedelta(seconds=1)) is None
    assert ended(NOW) is Lateness.NO_OUTCOME
