"""What an open page reads anew is told once in a while, and everything else each time."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis import recent_accesses
from chassis.access_records import AccessRecord
from chassis.caller import Caller
from chassis.recent_accesses import ONE_LOOK_SECONDS, RecentAccesses

READER = Caller(uuid4(), uuid4(), frozenset({"caseworker"}), "", "mfa", "kem-access")
PAGE = replace(READER, is_by_itself=True)
PERSON, OTHER = uuid4(), uuid4()


def read(*subjects: UUID, method: str = "/kem.x/GetX", **how: Any) -> AccessRecord:
    return AccessRecord("intake", method, list(subjects), **how)


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_what_its_reader_was_just_shown_a_page_is_told_no_second_time() -> None:
    accesses = RecentAccesses()
    assert not accesses.is_told(read(PERSON), PAGE)
    accesses.note(read(PERSON), READER)
    assert accesses.is_told(read(PERSON), PAGE)
    assert not accesses.is_told(read(PERSON), READER), "whoever presses is told each time"


def test_nothing_else_is_taken_for_the_same_look() -> None:
    accesses = RecentAccesses()
    accesses.note(read(PERSON), READER)
    assert not accesses.is_told(read(PERSON, OTHER), PAGE), "somebody new has come into the list"
    assert not accesses.is_told(read(PERSON, method="/kem.x/GetY"), PAGE)
    assert not accesses.is_told(read(PERSON), replace(PAGE, principal_id=uuid4()))
    assert not accesses.is_told(read(), PAGE)
    for how in (
        {"refusal_reason": "BENEFICIARY_ERASED"},
        {"stated_reason": "FOLLOW_UP"},
        {"subject_count": 2},
    ):
        accesses.note(read(PERSON, **how), READER)
        assert not accesses.is_told(read(PERSON, **how), PAGE)


def test_a_page_that_stays_open_is_told_again_after_ten_minutes() -> None:
    clock = Clock()
    accesses = RecentAccesses(clock)
    accesses.note(read(PERSON), READER)
    clock.now += ONE_LOOK_SECONDS - 1
    assert accesses.is_told(read(PERSON), PAGE)
    clock.now += 1
    assert not accesses.is_told(read(PERSON), PAGE)
    accesses.note(read(PERSON), PAGE)
    clock.now += 1
    assert accesses.is_told(read(PERSON), PAGE)


def test_what_is_forgotten_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent_accesses, "_MOST_REMEMBERED", 2)
    accesses = RecentAccesses()
    accesses.note(read(PERSON), READER)
    accesses.note(read(OTHER), READER)
    accesses.note(read(uuid4()), READER)
    assert accesses.is_told(read(OTHER), PAGE)
    assert not accesses.is_told(read(PERSON), PAGE)
