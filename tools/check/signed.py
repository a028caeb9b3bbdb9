"""What people had permitted at a moment, read from what they signed: the rules of consent a second time.

Written on its own, category by category, from records and events; it knows nothing of grant cells.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

SIGNED: Final = frozenset({"GIVEN", "RENEWED"})
TAKEN_BACK: Final = frozenset({"WITHDRAWN", "TERMINATED", "INVALIDATED"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a record: what one agency may, or must never, see for one purpose."""

    agency_id: UUID
    purpose: str
    categories: int
    legal_basis: str
    is_permit: bool


@dataclass(frozen=True, slots=True)
class Said:
    """Something that a person said about consent; what was signed has a period and lines.

    Args:
        sequence: counts what was said on this record.
        happened_time: when it was said, where that was before it was recorded.
        consent_id: the record that was signed, or the one that is taken back; None: all of them.
        agency_id: taken back for this agency only; None: for all.
    """

    sequence: int
    state: str
    recorded_time: datetime
    consent_id: UUID | None = None
    agency_id: UUID | None = None
    valid_from_time: datetime | None = None
    valid_until_time: datetime | None = None
    lines: tuple[Line, ...] = ()
    happened_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """All that one person said, in any order, and when consent was frozen (until None: it still is).

    Args:
        others: what was said on other records, and since and until when these were seen as the same person's.
    """

    said: Sequence[Said]
    frozen: Sequence[tuple[datetime, datetime | None]] = ()
    others: Sequence[tuple["Person", datetime, datetime | None]] = ()


def permitted(person: Person, agency_id: UUID, purpose: str, at: datetime) -> int:
    """The categories, as bits, that this agency could see for this purpose at that moment.

    On another record of the same person nothing is permitted; what is denied or frozen there is so here, and
    what was taken back there before a merge took back what was older here, for good.
    """
    if is_frozen(person, at):
        return 0
    answer = 0
    for bit in _bits(person):
        lines = [
            (one, line)
            for one, line in _in_force(person, at)
            if line.agency_id == agency_id and line.purpose == purpose and line.categories & bit
        ]
        if any(not line.is_permit and not _lifted(person, one, at) for one, line in lines):
            continue
        if any(_denies(other, agency_id, purpose, bit, at) for other in _same_then(person, at)):
            continue
        permits = [(one, line) for one, line in lines if line.is_permit]
        if any(
            not _taken_back(person, one, line, at) and not _taken_back_by_merge(person, one, line, at)
            for one, line in permits
        ):
            answer |= bit
    return answer


def is_frozen(person: Person, at: datetime) -> bool:
    """Whether consent was frozen at that moment, on whichever of the person's records."""
    periods = [*person.frozen, *(period for other in _same_then(person, at) for period in other.frozen)]
    return any(begun <= at and (ended is None or at < ended) for begun, ended in periods)


def _same_then(person: Person, at: datetime) -> Iterator[Person]:
    for other, since, until in person.others:
        if since <= at and (until is None or at < until):
            yield other


def _denies(other: Person, agency_id: UUID, purpose: str, bit: int, at: datetime) -> bool:
    lines = (
        line
        for one, line in _in_force(other, at)
        if not line.is_permit and line.categories & bit and not _lifted(other, one, at)
    )
    return any((line.agency_id, line.purpose) == (agency_id, purpose) for line in lines)


def _bits(person: Person) -> Iterator[int]:
    for place in range(63):
        if any(line.categories >> place & 1 for one in person.said for line in one.lines):
            yield 1 << place


def _in_force(person: Person, at: datetime) -> Iterator[tuple[Said, Line]]:
    """Lines that were signed by then, in a record whose period holds then."""
    for one in person.said:
        if one.state not in SIGNED or one.recorded_time > at:
            continue
        if one.valid_from_time is None or one.valid_until_time is None:
            continue
        if one.valid_from_time <= at < one.valid_until_time:
            for line in one.lines:
                yield one, line


def _lifted(person: Person, signed: Said, at: datetime) -> bool:
    """Whether an officer had lifted what this record denies."""
    return any(
        one.state == "DENIAL_LIFTED"
        and one.consent_id == signed.consent_id
        and one.sequence > signed.sequence
        and one.recorded_time <= at
        for one in person.said
    )


def _taken_back_by_merge(person: Person, signed: Said, line: Line, at: datetime) -> bool:
    """Whether a merge brought a withdrawal of what was said before it; no un-merge ends that."""
    if line.legal_basis != "CONSENT":
        return False
    said_time = signed.happened_time or signed.recorded_time
    return any(
        one.state == "WITHDRAWN"
        and one.consent_id is None
        and one.agency_id in (None, line.agency_id)
        and said_time <= one.recorded_time <= merged_time
        and signed.recorded_time <= merged_time <= at
        for other, merged_time, _ in person.others
        for one in other.said
    )


def _taken_back(person: Person, signed: Said, line: Line, at: datetime) -> bool:
    """Whether a permit was taken back since; what rests on the law ends by an objection only."""
    ends = TAKEN_BACK if line.legal_basis == "CONSENT" else frozenset({"OBJECTED"})
    return any(
        one.state in ends
        and signed.sequence < one.sequence
        and one.recorded_time <= at
        and one.agency_id in (None, line.agency_id)
        and one.consent_id in (None, signed.consent_id)
        for one in person.said
    )
