"""What was typed to the minute, and when that is."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from kernel.ids import ordered_id
from services.console.entrypoints.forms import Form, as_instant, as_past
from services.console.entrypoints.rendering import ATHENS

MINUTE = timedelta(minutes=1)


def typed(at: datetime) -> tuple[str, str]:
    there = at.astimezone(ATHENS)
    return f"{there:%d/%m/%Y}", f"{there:%H:%M}"


def opened_at(at: datetime) -> str:
    """The request_id of a page that was made then."""
    return str(UUID(int=int(at.timestamp() * 1000) << 80 | ordered_id().int & (1 << 80) - 1))


def test_what_is_remembered_of_this_minute_was_not_before_what_came_in_it() -> None:
    opened = datetime.now(UTC)
    found = as_past(*typed(opened), opened)
    assert found == opened
    assert as_past(*typed(opened), opened) == found, "a repeat says the same"


def test_a_minute_that_has_passed_stands_for_all_of_it_and_one_that_comes_as_it_was_typed() -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    assert as_past(*typed(now - 5 * MINUTE), now) == now - 4 * MINUTE
    assert as_past(*typed(now + 5 * MINUTE), now) == now + 5 * MINUTE
    assert as_instant(*typed(now)) == now, "of what is to come the minute that was typed counts"


def test_a_form_says_by_its_id_when_its_page_was_made_however_often_it_is_sent() -> None:
    before = datetime.now(UTC) - 3 * MINUTE
    form = Form.of({"request_id": opened_at(before)})
    assert timedelta() <= before - form.opened_time < timedelta(milliseconds=1)
    assert form.opened_time == form.opened_time


@pytest.mark.parametrize(
    "request_id",
    [
        "",
        "nonsense",
        str(uuid4()),
        str(UUID(int=(1 << 128) - 1)),
        "ffffffff-ffff-7fff-bfff-ffffffffffff",
        opened_at(datetime.now(UTC) + timedelta(days=30)),
        opened_at(datetime.now(UTC) - timedelta(days=30)),
    ],
    ids=["none", "no-id", "at-random", "no-version", "the-last-time", "ahead", "long-ago"],
)
def test_an_id_that_says_no_time_that_can_be_true_means_the_present(request_id: str) -> None:
    before = datetime.now(UTC)
    assert before <= Form.of({"request_id": request_id}).opened_time <= datetime.now(UTC)


def test_fields_are_left_out_of_a_form_by_their_names() -> None:
    form = Form.of({"a": "1", "b": ["2", "3"], "c": "4"})
    left = form.without("a", "c")
    assert (left.names, left.all("b"), form.text("a")) == (["b"], ["2", "3"], "1")


def test_the_last_minute_before_clocks_go_back_stands_for_one_minute() -> None:
    assert as_past("26/10/2025", "03:59", datetime.now(UTC)) == datetime(2025, 10, 26, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(("day", "clock"), [("", "10:00"), ("the first of May", ""), ("1/5/2026", "noon")])
def test_what_is_no_time_is_none(day: str, clock: str) -> None:
    assert as_past(day, clock, datetime.now(UTC)) is None
