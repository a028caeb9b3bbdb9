"""By when somebody who asks by right must be answered, and what may be answered."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from kernel.errors import Invalid, RuleBroken
from kernel.ids import AgencyId, BeneficiaryId
from services.intake.domain.athens_day import athens_day
from services.intake.domain.response_period import MONTHS_TO_ANSWER, MONTHS_WHEN_EXTENDED, due_time
from services.intake.domain.rights_request import (
    Answer,
    AskedBy,
    Extension,
    ExtensionGround,
    RefusalGround,
    Right,
    RightsAnswer,
    RightsRequest,
)

RECEIVED = datetime(2026, 3, 5, 9, tzinfo=UTC)
NOW = RECEIVED + timedelta(days=7)
REQUEST = RightsRequest(
    uuid4(),
    BeneficiaryId(uuid4()),
    AgencyId(uuid4()),
    Right.ACCESS,
    AskedBy.SELF,
    b"sealed",
    RECEIVED,
    RECEIVED,
    due_time(RECEIVED, MONTHS_TO_ANSWER),
)
DONE = Answer(RightsAnswer.FULFILLED, None, NOW, uuid4())


@pytest.mark.parametrize(
    ("received", "months", "last_day"),
    [
        ("2026-03-05T09:00Z", 1, "2026-04-05"),  # a Sunday: the day is kept
        ("2026-08-31T09:00Z", 1, "2026-09-30"),
        ("2026-01-31T09:00Z", 1, "2026-02-28"),
        ("2028-01-31T09:00Z", 1, "2028-02-29"),
        ("2026-12-15T09:00Z", 1, "2027-01-15"),
        ("2026-03-05T23:00Z", 1, "2026-04-06"),  # in Athens it is the 6th already
        ("2026-01-31T09:00Z", 3, "2026-04-30"),
        ("2026-11-30T09:00Z", 3, "2027-02-28"),
    ],
)
def test_the_last_day_has_the_number_of_the_day_on_which_it_came(
    received: str, months: int, last_day: str
) -> None:
    due = due_time(datetime.fromisoformat(received), months)
    assert athens_day(due - timedelta(microseconds=1)) == date.fromisoformat(last_day)
    assert athens_day(due) == date.fromisoformat(last_day) + timedelta(days=1)


def test_a_request_is_overdue_from_the_end_of_its_last_day_until_it_is_answered() -> None:
    due = REQUEST.due_time
    assert not REQUEST.is_overdue(due - timedelta(microseconds=1))
    assert REQUEST.is_overdue(due)
    assert not replace(REQUEST, answer=DONE).is_overdue(due)


def test_the_person_is_told_of_an_extension_within_the_first_month() -> None:
    last = REQUEST.due_time - timedelta(seconds=1)
    assert REQUEST.check_extension(last, last + timedelta(days=3)) == last
    with pytest.raises(RuleBroken) as refusal:
        REQUEST.check_extension(REQUEST.due_time, REQUEST.due_time)
    assert refusal.value.stable_reason == "TOO_LATE_TO_EXTEND"


def test_a_request_is_extended_once_and_answered_once() -> None:
    extended = replace(
        REQUEST,
        extension=Extension(ExtensionGround.COMPLEXITY, NOW),
        due_time=due_time(RECEIVED, MONTHS_WHEN_EXTENDED),
    )
    with pytest.raises(RuleBroken) as refusal:
        extended.check_extension(NOW, NOW)
    assert refusal.value.stable_reason == "ALREADY_EXTENDED"
    answered = replace(extended, answer=DONE)
    with pytest.raises(RuleBroken, match="answered already"):
        answered.check_answer(DONE, NOW)
    with pytest.raises(RuleBroken, match="answered already"):
        answered.check_extension(NOW, NOW)
    assert (REQUEST.next_version, extended.next_version) == (2, 3)


@pytest.mark.parametrize("answer", RightsAnswer)
def test_a_refusal_has_its_ground_and_nothing_else_has_one(answer: RightsAnswer) -> None:
    refuses = answer in (RightsAnswer.REFUSED, RightsAnswer.PARTLY_FULFILLED)
    ground = RefusalGround.EXCESSIVE
    right, wrong = (ground, None) if refuses else (None, ground)
    assert REQUEST.check_answer(replace(DONE, answer=answer, ground=right), NOW) == NOW
    with pytest.raises(Invalid) as refusal:
        REQUEST.check_answer(replace(DONE, answer=answer, ground=wrong), NOW)
    assert refusal.value.stable_reason == "GROUND_OF_REFUSAL"


@pytest.mark.parametrize("told_time", [RECEIVED - timedelta(days=1), NOW + timedelta(days=1)])
def test_nobody_is_told_before_they_asked_or_in_the_future(told_time: datetime) -> None:
    with pytest.raises(Invalid):
        REQUEST.check_answer(replace(DONE, person_told_time=told_time), NOW)
