"""What a consent record, a need and an agreement must satisfy, whoever they are about."""

from datetime import UTC, datetime

import pytest

from services.intake.domain.consent_rules import twelve_months_after


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2027, 3, 2, 9, tzinfo=UTC)),
        (datetime(2028, 2, 29, tzinfo=UTC), datetime(2029, 2, 28, tzinfo=UTC)),
        (datetime(2027, 2, 28, tzinfo=UTC), datetime(2028, 2, 28, tzinfo=UTC)),
    ],
)
def test_twelve_months_later_is_the_same_day_or_the_last_of_february(start: datetime, end: datetime) -> None:
    assert twelve_months_after(start) == end
